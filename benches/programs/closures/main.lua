-- Closures: captured variables that change, closures made in a loop, composition, higher-order functions.

local function counter(step)
    local count = 0
    return function()
        count = count + step
        return count
    end
end

local function compose(f, g)
    return function(x) return f(g(x)) end
end

local function each(items, f)
    for i = 1, #items do f(items[i]) end
end

local function mapped(items, f)
    local result = {}
    for i = 1, #items do result[i] = f(items[i]) end
    return result
end

local function filtered(items, f)
    local result = {}
    for i = 1, #items do
        local item = items[i]
        if f(item) then result[#result + 1] = item end
    end
    return result
end

local function count_up(n)
    local a = counter(1)
    local b = counter(3)
    local sum = 0
    for i = 0, n - 1 do
        sum = sum + a() + b()
    end
    return sum
end

local function make_many(n)
    local sum = 0
    for i = 0, n - 1 do
        local add = function(x) return x + i end
        sum = sum + add(1)
    end
    return sum
end

local function compose_chain(n)
    local chain = function(x) return x end
    for i = 1, 10 do
        chain = compose(function(x) return (x * i + 1) % 10007 end, chain)
    end
    local sum = 0
    for i = 0, n - 1 do
        sum = sum + chain(i)
    end
    return sum
end

local function higher_order(n)
    local numbers = {}
    for i = 0, 999 do numbers[i + 1] = i end
    local sum = 0
    for round = 1, n do
        local scaled = mapped(numbers, function(x) return x * round end)
        local chosen = filtered(scaled, function(x) return x % 3 == 0 end)
        each(chosen, function(x) sum = sum + x end)
    end
    return sum
end

local function main()
    print(count_up(700000))
    print(make_many(700000))
    print(compose_chain(50000))
    print(higher_order(300))
end

main()
