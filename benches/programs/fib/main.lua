-- Doubly recursive Fibonacci: calls, integer addition and comparison.

local function fib(n)
    if n < 2 then return n else return fib(n - 1) + fib(n - 2) end
end

local function main()
    print(fib(32))
end

main()
