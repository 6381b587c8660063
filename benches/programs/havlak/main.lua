-- Finds the loops of a control flow graph (Havlak, "Nesting of Reducible and Irreducible Loops"): graphs of
-- tables, recursion, union-find, lists, sets and maps with tables as keys.

local UNVISITED = -1

local KIND_OTHER = 0
local KIND_SELF = 1
local KIND_REDUCIBLE = 2
local KIND_IRREDUCIBLE = 3

local Block = {}
Block.__index = Block

function Block.new(name)
    return setmetatable({ name = name, in_edges = {}, out_edges = {} }, Block)
end

local Graph = {}
Graph.__index = Graph

function Graph.new()
    return setmetatable({ blocks = {} }, Graph)
end

function Graph:block()
    local block = Block.new(#self.blocks)
    self.blocks[#self.blocks + 1] = block
    return block
end

function Graph:connect(from_block, to_block)
    from_block.out_edges[#from_block.out_edges + 1] = to_block
    to_block.in_edges[#to_block.in_edges + 1] = from_block
end

-- Adds `n` blocks in a row after `start` and gives the last.
function Graph:straight(start, n)
    local last = start
    for i = 1, n do
        local next = self:block()
        self:connect(last, next)
        last = next
    end
    return last
end

-- Adds a fork and a join after `start` and gives the join.
function Graph:diamond(start)
    local left = self:straight(start, 1)
    local right = self:straight(start, 1)
    local join = self:straight(left, 1)
    self:connect(right, join)
    return join
end

-- Adds a loop that contains two loops and gives the block behind it.
function Graph:nest(start)
    local header = self:straight(start, 1)
    local upper = self:diamond(header)
    local middle = self:straight(upper, 1)
    local lower = self:diamond(middle)
    local footer = self:straight(lower, 1)
    self:connect(lower, middle)
    self:connect(upper, header)
    self:connect(footer, start)
    return self:straight(footer, 1)
end

local Loop = {}
Loop.__index = Loop

function Loop.new(header, is_reducible)
    return setmetatable({
        header = header,
        is_reducible = is_reducible,
        parent = nil,
        blocks = {},
        children = {},
        nesting = 0,
    }, Loop)
end

function Loop:set_parent(parent)
    self.parent = parent
    parent.children[#parent.children + 1] = self
end

-- Numbers the loops below this one and gives their sum.
function Loop:nest(level)
    self.nesting = level
    local sum = level
    for i = 1, #self.children do sum = sum + self.children[i]:nest(level + 1) end
    return sum
end

-- A node of the depth-first search tree, joined to others as they collapse into loops.
local Node = {}
Node.__index = Node

function Node.new(block, number)
    local self = setmetatable({ parent = nil, block = block, number = number, loop = nil }, Node)
    self.parent = self
    return self
end

function Node:find()
    local root = self
    while root.parent ~= root do root = root.parent end
    local node = self
    while node.parent ~= root do
        local next = node.parent
        node.parent = root
        node = next
    end
    return root
end

local LoopFinder = {}
LoopFinder.__index = LoopFinder

function LoopFinder.new(graph)
    local self = setmetatable({ numbers = {}, nodes = {}, last = {}, loops = {} }, LoopFinder)
    for i = 1, #graph.blocks do self.numbers[graph.blocks[i]] = UNVISITED end
    return self
end

function LoopFinder:search(block)
    local number = #self.nodes + 1
    self.numbers[block] = number
    self.nodes[#self.nodes + 1] = Node.new(block, number)
    self.last[#self.last + 1] = number
    for i = 1, #block.out_edges do
        local target = block.out_edges[i]
        if self.numbers[target] == UNVISITED then self:search(target) end
    end
    self.last[number] = #self.nodes
end

function LoopFinder:is_ancestor(w, v)
    return w <= v and v <= self.last[w]
end

function LoopFinder:find(graph)
    self:search(graph.blocks[1])
    local size = #self.nodes
    local back_edges = {}
    local other_edges = {}
    for w = 1, size do
        local back = {}
        local other = {}
        local in_edges = self.nodes[w].block.in_edges
        for i = 1, #in_edges do
            local v = self.numbers[in_edges[i]]
            if v ~= UNVISITED then
                if self:is_ancestor(w, v) then back[#back + 1] = v else other[v] = true end
            end
        end
        back_edges[#back_edges + 1] = back
        other_edges[#other_edges + 1] = other
    end
    local w = size
    while w >= 1 do
        self:collapse(w, back_edges, other_edges)
        w = w - 1
    end
    return self.loops
end

function LoopFinder:collapse(w, back_edges, other_edges)
    local kind = KIND_OTHER
    local pool = {}
    local pooled = {}
    for i = 1, #back_edges[w] do
        local v = back_edges[w][i]
        if v == w then
            kind = KIND_SELF
        else
            local node = self.nodes[v]:find()
            if not pooled[node] then
                pooled[node] = true
                pool[#pool + 1] = node
            end
        end
    end
    if #pool > 0 then kind = KIND_REDUCIBLE end
    local next = 1
    while next <= #pool do
        local x = pool[next]
        next = next + 1
        for v in pairs(other_edges[x.number]) do
            local y = self.nodes[v]:find()
            if not self:is_ancestor(w, y.number) then
                kind = KIND_IRREDUCIBLE
                other_edges[w][y.number] = true
            elseif y.number ~= w and not pooled[y] then
                pooled[y] = true
                pool[#pool + 1] = y
            end
        end
    end
    if kind == KIND_OTHER then return nil end
    local header = self.nodes[w]
    local loop = Loop.new(header.block, kind ~= KIND_IRREDUCIBLE)
    self.loops[#self.loops + 1] = loop
    header.loop = loop
    for i = 1, #pool do
        local node = pool[i]
        node.parent = header
        if node.loop ~= nil then
            node.loop:set_parent(loop)
        else
            loop.blocks[#loop.blocks + 1] = node.block
        end
    end
end

local function build()
    local graph = Graph.new()
    local entry = graph:block()
    local start = graph:straight(entry, 1)
    for tree = 1, 4 do
        local tail = graph:straight(start, 1)
        for i = 1, 20 do
            local top = tail
            tail = graph:straight(tail, 1)
            for j = 1, 10 do tail = graph:nest(tail) end
            local bottom = graph:straight(tail, 1)
            graph:connect(bottom, top)
            tail = bottom
        end
        graph:connect(tail, start)
    end
    -- A jump into the middle of the last loop nest makes it irreducible.
    graph:connect(entry, graph.blocks[#graph.blocks - 7])
    return graph
end

local function main()
    local graph = build()
    print(#graph.blocks)
    for round = 1, 8 do
        local loops = LoopFinder.new(graph):find(graph)
        local root = Loop.new(nil, true)
        local irreducible = 0
        local blocks = 0
        for i = 1, #loops do
            local loop = loops[i]
            if loop.parent == nil then loop:set_parent(root) end
            if not loop.is_reducible then irreducible = irreducible + 1 end
            blocks = blocks + #loop.blocks
        end
        print(#loops .. " " .. irreducible .. " " .. blocks .. " " .. root:nest(0))
    end
end

main()
