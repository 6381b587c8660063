-- Fibers: round trips, loops over generators, generators in generators, many short-lived ones, a pipeline.

local resume, create, yield, wrap = coroutine.resume, coroutine.create, coroutine.yield, coroutine.wrap

-- A value goes in and another one comes out, many times.
local function accumulator(first)
    local total = first
    while true do total = (total + yield(total)) % 1000003 end
end

local function round_trips(n)
    local fiber = create(accumulator)
    local last = 0
    for i = 1, n do
        local _, value = resume(fiber, i)
        last = value
    end
    return last
end

-- A loop takes what a function yields in a loop.
local function count_to(n)
    return wrap(function() for i = 1, n do yield(i) end end)
end

local function loops(n)
    local sum = 0
    for x in count_to(n) do sum = sum + x % 7 end
    return sum
end

-- Every node of a tree has a generator of its own.
local function make(depth, number)
    if depth == 0 then return nil end
    return { left = make(depth - 1, number * 2), number = number, right = make(depth - 1, number * 2 + 1) }
end

local function numbers(node)
    return wrap(function()
        if node.left then for x in numbers(node.left) do yield(x) end end
        yield(node.number)
        if node.right then for x in numbers(node.right) do yield(x) end end
    end)
end

local function tree(depth)
    local sum, place = 0, 0
    for x in numbers(make(depth, 1)) do
        place = place + 1
        sum = (sum + x * place) % 1000003
    end
    return sum
end

-- A fiber that is resumed twice and thrown away.
local function short_lived(n)
    local sum = 0
    for i = 1, n do
        local fiber = create(function(a) local b = yield(a + 1); return a + b end)
        local _, x = resume(fiber, i)
        local _, y = resume(fiber, x)
        sum = (sum + x + y) % 1000003
    end
    return sum
end

-- Each stage takes from the one before.
local function stage(source)
    return wrap(function() for x in source do if x % 3 ~= 0 then yield(x * 2) end end end)
end

local function pipeline(n)
    local source = count_to(n)
    for _ = 1, 4 do source = stage(source) end
    local sum = 0
    for x in source do sum = (sum + x) % 1000003 end
    return sum
end

print(round_trips(2000000))
print(loops(2000000))
print(tree(15))
print(short_lived(200000))
print(pipeline(500000))
