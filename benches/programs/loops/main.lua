-- Loops: nested counting, `while` with a remainder, early exit, float accumulation.

local function triangle(n)
    local sum = 0
    for i = 1, n do
        for j = 1, i do
            sum = sum + i * j % 7
        end
    end
    return sum
end

local function gcd_sum(n)
    local sum = 0
    for i = 1, n do
        for j = 1, n do
            local a = i
            local b = j
            while b ~= 0 do
                local rest = a % b
                a = b
                b = rest
            end
            sum = sum + a
        end
    end
    return sum
end

local function primes_below(n)
    local count = 0
    for candidate = 2, n - 1 do
        local prime = true
        local divisor = 2
        while divisor * divisor <= candidate do
            if candidate % divisor == 0 then
                prime = false
                break
            end
            divisor = divisor + 1
        end
        if prime then count = count + 1 end
    end
    return count
end

local function alternating(n)
    local sum = 0.0
    local sign = 1.0
    for i = 1, n do
        sum = sum + sign / i
        sign = -sign
    end
    return sum
end

local function main()
    print(triangle(3000))
    print(gcd_sum(600))
    print(primes_below(120000))
    print(math.floor(alternating(2000000) * 1e9))
end

main()
