-- Maps: insertion, look-up, update and removal with int keys and with string keys.

local function int_keys(n)
    local map = {}
    for i = 0, n - 1 do
        map[i * 7919 % 1000003] = i
    end
    local sum = 0
    for i = 0, n - 1 do
        sum = sum + map[i * 7919 % 1000003]
    end
    for i = 0, n - 1 do
        if i % 3 == 0 then map[i * 7919 % 1000003] = nil end
    end
    for key, value in pairs(map) do
        sum = sum + key + value
    end
    return sum
end

local function string_keys(n)
    local map = {}
    for i = 0, n - 1 do
        map["key" .. i] = i
    end
    local sum = 0
    for i = 0, n - 1 do
        sum = sum + map["key" .. i]
    end
    for key, value in pairs(map) do
        sum = sum + #key * value
    end
    return sum
end

local function count_words(n)
    local words = { "time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world" }
    local counts = {}
    local seed = 42
    for i = 0, n - 1 do
        seed = seed * 16807 % 2147483647
        local word = words[seed % 11 + 1]
        counts[word] = (counts[word] or 0) + 1
    end
    local sum = 0
    for i = 1, #words do
        sum = (sum * 31 + counts[words[i]]) % 1000003
    end
    return sum
end

local function main()
    print(int_keys(200000))
    print(string_keys(150000))
    print(count_words(500000))
end

main()
