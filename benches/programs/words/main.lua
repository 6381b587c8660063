-- Words of a text: patterns, functions of strings, counting in a table, walking it, ordering what was counted.

local concat, sort = table.concat, table.sort
local find, gmatch, lower, sub, upper = string.find, string.gmatch, string.lower, string.sub, string.upper
local floor = math.floor

local SYLLABLES = { "ka", "lo", "mi", "ne", "ru", "sta", "ti", "vo" }

local function make_text(n)
    local words = {}
    local x = 7
    for i = 1, n do
        x = x * 16807 % 2147483647
        local word = SYLLABLES[x % 8 + 1] .. SYLLABLES[floor(x / 8) % 8 + 1] .. SYLLABLES[floor(x / 64) % 3 + 1]
        if x % 11 == 0 then word = upper(sub(word, 1, 1)) .. sub(word, 2) end
        if x % 13 == 0 then word = word .. "," end
        if x % 17 == 0 then word = tostring(x % 1000) end
        words[i] = word
    end
    return concat(words, " ")
end

-- Counts what a pattern finds.
local function count_found(text)
    local counts = {}
    for found in gmatch(text, "[a-zA-Z]+") do
        local word = lower(found)
        counts[word] = (counts[word] or 0) + 1
    end
    return counts
end

-- Counts what splitting gives.
local function count_split(text)
    local counts = {}
    for part in gmatch(text, "[^ ]+") do
        local word = part
        if sub(part, -1) == "," then word = sub(part, 1, -2) end
        if sub(word, 1, 3) == "sta" or find(word, "vo", 1, true) then
            counts[word] = (counts[word] or 0) + 1
        end
    end
    return counts
end

local function show(counts)
    local size, sum, longest = 0, 0, 0
    for word, count in pairs(counts) do
        size = size + 1
        sum = sum + count
        if #word > longest then longest = #word end
    end
    local words = {}
    for word in pairs(counts) do
        words[#words + 1] = word
    end
    sort(words)
    print(size .. " " .. sum .. " " .. longest .. " " .. words[1] .. " " .. words[#words])
end

local text = make_text(60000)
print(#text)
for _ = 1, 2 do
    show(count_found(text))
    show(count_split(text))
end
