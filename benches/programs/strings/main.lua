-- Strings: formatting and joining, growing by `..`, slices, single characters, search and replace.

local byte, char, gmatch, gsub, lower, sub, upper =
    string.byte, string.char, string.gmatch, string.gsub, string.lower, string.sub, string.upper

local function describe(n)
    local parts = {}
    for i = 0, n - 1 do
        parts[i + 1] = "item " .. i .. ": " .. i * i % 1000
    end
    return parts
end

local function grow(n)
    local total = 0
    for i = 1, n do
        local text = ""
        for j = 1, 30 do
            text = text .. "ab"
        end
        total = total + #text
    end
    return total
end

local function count_slices(parts)
    local count = 0
    for p = 1, #parts do
        local part = parts[p]
        for i = 1, #part - 2 do
            if sub(part, i, i + 1) == ": " then count = count + 1 end
        end
    end
    return count
end

local function caesar(text, shift)
    local result = {}
    for i = 1, #text do
        local code = byte(text, i)
        if code >= 97 and code <= 122 then
            result[i] = char((code - 97 + shift) % 26 + 97)
        else
            result[i] = sub(text, i, i)
        end
    end
    return table.concat(result)
end

local function checksum(text)
    local hash = 0
    for i = 1, #text do
        hash = (hash * 31 + byte(text, i)) % 1000003
    end
    return hash
end

local function longest(text)
    local best = ""
    for word in gmatch(text, "[^,]+") do
        if #word > #best or (#word == #best and word > best) then best = word end
    end
    return best
end

local function main()
    local parts = describe(30000)
    local text = table.concat(parts, ",")
    print(#text)
    print(grow(20000))
    print(count_slices(parts))
    print(checksum(caesar(text, 7)))
    print(longest(text))
    for round = 1, 10 do
        text = gsub(lower(gsub(upper(text), "ITEM", "part")), "part", "item")
    end
    print(checksum(text))
end

main()
