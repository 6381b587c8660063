-- A JSON parser written in the language reads a document of about 1 MB that the program makes up first.

local byte, char, concat, sub = string.byte, string.char, table.concat, string.sub

local WORDS = { "time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world" }

local Random = {}
Random.__index = Random

function Random.new(seed)
    return setmetatable({ seed = seed }, Random)
end

function Random:next(limit)
    self.seed = self.seed * 16807 % 2147483647
    return self.seed % limit
end

function Random:word()
    return WORDS[self:next(11) + 1]
end

local function make_note(random)
    local kind = random:next(3)
    if kind == 0 then
        return 'null'
    elseif kind == 1 then
        return '"the ' .. random:word() .. ' of the ' .. random:word() .. ' and the ' .. random:word() .. ' of a ' .. random:word() .. '"'
    else
        return '"a \\"' .. random:word() .. '\\"\\n\\tin a \\u0041\\\\' .. random:word() .. '"'
    end
end

local function make_record(i, random)
    local tags = {}
    for j = 0, random:next(4) do tags[j + 1] = '"' .. random:word() .. '"' end
    local parts = {
        '  {"id": ' .. i,
        '"name": "' .. random:word() .. ' ' .. random:word() .. '"',
        '"active": ' .. (random:next(2) == 0 and 'true' or 'false'),
        '"score": ' .. random:next(1000) .. '.25',
        '"tags": [' .. concat(tags, ', ') .. ']',
        '"position": {"x": -' .. random:next(500) .. '.5, "y": ' .. random:next(90) .. 'e2}',
        '"note": ' .. make_note(random) .. '}',
    }
    return concat(parts, ', ')
end

local function make_document(n)
    local random = Random.new(42)
    local records = {}
    for i = 0, n - 1 do records[i + 1] = make_record(i, random) end
    return "[\n" .. concat(records, ",\n") .. "\n]\n"
end

local ESCAPES = {
    [byte("n")] = "\n", [byte("t")] = "\t", [byte("r")] = "\r", [byte("b")] = "\b", [byte("f")] = "\f",
    [byte('"')] = '"', [byte("\\")] = "\\", [byte("/")] = "/",
}

local SPACE, NEWLINE, RETURN, TAB = byte(" \n\r\t", 1, 4)
local QUOTE, BACKSLASH, COMMA, COLON = byte('"\\,:', 1, 4)
local LEFT_BRACKET, RIGHT_BRACKET, LEFT_BRACE, RIGHT_BRACE = byte("[]{}", 1, 4)
local ZERO, NINE, MINUS, PLUS, POINT = byte("09-+.", 1, 5)
local LOWER_E, UPPER_E, LOWER_F, LOWER_N, LOWER_T, LOWER_U = byte("eEfntu", 1, 6)

local null = {}

local Parser = {}
Parser.__index = Parser

-- The line end spares every loop below a test for the end of the text.
function Parser.new(text)
    return setmetatable({ text = text .. "\n", position = 1 }, Parser)
end

function Parser:parse()
    local result = self:value()
    self:skip_space()
    if self.position <= #self.text then self:fail("unexpected text") end
    return result
end

function Parser:fail(message)
    error(message .. " at " .. self.position)
end

function Parser:skip_space()
    local text = self.text
    local i = self.position
    local c = byte(text, i)
    while c == SPACE or c == NEWLINE or c == RETURN or c == TAB do
        i = i + 1
        c = byte(text, i)
    end
    self.position = i
end

function Parser:value()
    self:skip_space()
    local c = byte(self.text, self.position)
    if c == QUOTE then
        return self:string()
    elseif c == LEFT_BRACE then
        return self:object()
    elseif c == LEFT_BRACKET then
        return self:array()
    elseif c == LOWER_T then
        return self:word("true", true)
    elseif c == LOWER_F then
        return self:word("false", false)
    elseif c == LOWER_N then
        return self:word("null", null)
    else
        return self:number()
    end
end

function Parser:word(word, value)
    local stop = self.position + #word
    if sub(self.text, self.position, stop - 1) ~= word then self:fail("unknown word") end
    self.position = stop
    return value
end

function Parser:number()
    local text = self.text
    local start = self.position
    local i = start
    local c = byte(text, i)
    while (c >= ZERO and c <= NINE) or c == MINUS or c == POINT or c == LOWER_E or c == UPPER_E or c == PLUS do
        i = i + 1
        c = byte(text, i)
    end
    if i == start then self:fail("expected a value") end
    self.position = i
    return tonumber(sub(text, start, i - 1))
end

function Parser:string()
    local text = self.text
    local start = self.position + 1
    local i = start
    local c = byte(text, i)
    while c ~= QUOTE and c ~= BACKSLASH do
        i = i + 1
        c = byte(text, i)
    end
    self.position = i + 1
    if c == QUOTE then return sub(text, start, i - 1) end
    local pieces = { sub(text, start, i - 1) }
    while c ~= QUOTE do
        if c == BACKSLASH then
            c = byte(text, i + 1)
            if c == LOWER_U then
                pieces[#pieces + 1] = char(tonumber(sub(text, i + 2, i + 5), 16))
                i = i + 6
            else
                pieces[#pieces + 1] = ESCAPES[c]
                i = i + 2
            end
        end
        start = i
        c = byte(text, i)
        while c ~= QUOTE and c ~= BACKSLASH do
            i = i + 1
            c = byte(text, i)
        end
        pieces[#pieces + 1] = sub(text, start, i - 1)
    end
    self.position = i + 1
    return concat(pieces)
end

function Parser:array()
    local items = {}
    self.position = self.position + 1
    self:skip_space()
    if byte(self.text, self.position) == RIGHT_BRACKET then
        self.position = self.position + 1
        return items
    end
    while true do
        items[#items + 1] = self:value()
        self:skip_space()
        local c = byte(self.text, self.position)
        self.position = self.position + 1
        if c == RIGHT_BRACKET then return items end
        if c ~= COMMA then self:fail("expected , or ]") end
    end
end

function Parser:object()
    local entries = {}
    self.position = self.position + 1
    self:skip_space()
    if byte(self.text, self.position) == RIGHT_BRACE then
        self.position = self.position + 1
        return entries
    end
    while true do
        self:skip_space()
        if byte(self.text, self.position) ~= QUOTE then self:fail("expected a key") end
        local key = self:string()
        self:skip_space()
        if byte(self.text, self.position) ~= COLON then self:fail("expected :") end
        self.position = self.position + 1
        entries[key] = self:value()
        self:skip_space()
        local c = byte(self.text, self.position)
        self.position = self.position + 1
        if c == RIGHT_BRACE then return entries end
        if c ~= COMMA then self:fail("expected , or }") end
    end
end

local Totals = {}
Totals.__index = Totals

function Totals.new()
    return setmetatable({ nulls = 0, trues = 0, sum = 0, letters = 0, lists = 0, maps = 0 }, Totals)
end

function Totals:count(value)
    local kind = type(value)
    if value == null then
        self.nulls = self.nulls + 1
    elseif value == true then
        self.trues = self.trues + 1
    elseif value == false then
        return
    elseif kind == "number" then
        self.sum = self.sum + value
    elseif kind == "string" then
        self.letters = self.letters + #value
    elseif #value > 0 then -- the document has no empty lists
        self.lists = self.lists + 1
        for i = 1, #value do self:count(value[i]) end
    else
        self.maps = self.maps + 1
        for key, item in pairs(value) do
            self.letters = self.letters + #key
            self:count(item)
        end
    end
end

local function main()
    local document = make_document(6500)
    print(#document)
    local value = Parser.new(document):parse()
    local totals = Totals.new()
    totals:count(value)
    print(table.concat({ totals.nulls, totals.trues, math.floor(totals.sum * 4), totals.letters, totals.lists, totals.maps }, " "))
end

main()
