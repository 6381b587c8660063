-- Fannkuch: permutations in counting order and prefix reversals, all on small lists of ints.

local function fannkuch(n)
    local permutation = {}
    local counts = {}
    for i = 1, n do
        permutation[i] = i
        counts[i] = i
    end
    local sign = 1
    local checksum = 0
    local flips_max = 0
    while true do
        local first = permutation[1]
        if first ~= 1 then
            local work = {}
            for i = 1, n do work[i] = permutation[i] end
            local flips = 1
            while work[first] ~= 1 do
                local next = work[first]
                work[first] = first
                local low = 2
                local high = first - 1
                while low < high do
                    local swapped = work[low]
                    work[low] = work[high]
                    work[high] = swapped
                    low = low + 1
                    high = high - 1
                end
                first = next
                flips = flips + 1
            end
            checksum = checksum + sign * flips
            if flips > flips_max then flips_max = flips end
        end
        if sign == 1 then
            local swapped = permutation[1]
            permutation[1] = permutation[2]
            permutation[2] = swapped
            sign = -1
        else
            local swapped = permutation[2]
            permutation[2] = permutation[3]
            permutation[3] = swapped
            sign = 1
            local i = 3
            while counts[i] == 1 do
                counts[i] = i
                i = i + 1
                if i == n + 1 then return checksum, flips_max end
                local moved = permutation[1]
                for j = 1, i - 1 do permutation[j] = permutation[j + 1] end
                permutation[i] = moved
            end
            counts[i] = counts[i] - 1
        end
    end
end

local function main()
    local checksum, flips = fannkuch(9)
    print(checksum)
    print(flips)
end

main()
