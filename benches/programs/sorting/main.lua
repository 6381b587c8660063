-- Sorting: numbers, texts, by a key, by a comparison, and what is nearly in order already.

local sort = table.sort

local function numbers(n)
    local list = {}
    local x = 42
    for i = 1, n do
        x = x * 16807 % 2147483647
        list[i] = x
    end
    return list
end

local function checksum(list)
    local sum = 0
    for i = 0, #list - 1 do
        sum = (sum * 31 + list[i + 1] * (i % 7 + 1)) % 1000003
    end
    return sum
end

local function copy(list, n)
    local result = {}
    for i = 1, n do
        result[i] = list[i]
    end
    return result
end

local plain = numbers(60000)
local list = copy(plain, #plain)
sort(list)
print(checksum(list))

-- Nearly in order.
for i = 0, 99 do
    list[i * 600 + 1] = plain[i + 1]
end
sort(list)
print(checksum(list))

-- By a comparison, downwards.
local down = copy(plain, 20000)
sort(down, function(a, b) return a > b end)
print(checksum(down))

-- By a key of objects.
local records = {}
for i = 0, 19999 do
    records[i + 1] = { name = "n" .. plain[i + 1] % 5000, score = plain[i + 1] % 1000 * 20000 + i }
end
sort(records, function(a, b) return a.score < b.score end)
local scores = {}
for i = 1, #records do
    scores[i] = records[i].score
end
print(checksum(scores))

-- Texts.
local names = {}
for i = 1, #records do
    names[i] = records[i].name
end
sort(names)
print(names[1] .. " " .. names[10001] .. " " .. names[20000])
