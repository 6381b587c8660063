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

local function each(list, f)
    for i = 1, #list do f(list[i]) end
end

local function mapped(list, f)
    local result = {}
    for i = 1, #list do result[#result + 1] = f(list[i]) end
    return result
end

local function filtered(list, f)
    local result = {}
    for i = 1, #list do
        local item = list[i]
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
    for i = 0, 999 do numbers[#numbers + 1] = i end
    local sum = 0
    for round = 1, n do
        local scaled = mapped(numbers, function(x) return x * round end)
        local chosen = filtered(scaled, function(x) return x % 3 == 0 end)
        each(chosen, function(x) sum = sum + x end)
    end
    return sum
end

local function main()
    print(count_up(500000))
    print(make_many(500000))
    print(compose_chain(30000))
    print(higher_order(200))
end

main()
