-- The sieve of Eratosthenes over a list of booleans: list building, reads and writes by index.

local function sieve(n)
    local flags = {}
    for i = 1, n do flags[i] = true end
    local count = 0
    for i = 2, n do
        if flags[i] then
            count = count + 1
            local multiple = i * i
            while multiple <= n do
                flags[multiple] = false
                multiple = multiple + i
            end
        end
    end
    return count
end

local function main()
    for round = 1, 3 do
        print(sieve(1000000))
    end
end

main()
