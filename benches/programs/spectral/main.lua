-- The spectral norm of an infinite matrix: small function calls, mixed int and float arithmetic, lists of floats.

local sqrt = math.sqrt

local function element(i, j)
    return 1 / ((i + j) * (i + j + 1) / 2 + i + 1)
end

local function times(v, n)
    local result = {}
    for i = 0, n - 1 do
        local sum = 0.0
        for j = 0, n - 1 do
            sum = sum + element(i, j) * v[j + 1]
        end
        result[i + 1] = sum
    end
    return result
end

local function times_transposed(v, n)
    local result = {}
    for i = 0, n - 1 do
        local sum = 0.0
        for j = 0, n - 1 do
            sum = sum + element(j, i) * v[j + 1]
        end
        result[i + 1] = sum
    end
    return result
end

local function main()
    local n = 300
    local u = {}
    for i = 1, n do u[i] = 1.0 end
    local v = {}
    for round = 1, 10 do
        v = times_transposed(times(u, n), n)
        u = times_transposed(times(v, n), n)
    end
    local uv = 0.0
    local vv = 0.0
    for i = 1, n do
        uv = uv + u[i] * v[i]
        vv = vv + v[i] * v[i]
    end
    print(math.floor(sqrt(uv / vv) * 1e9))
end

main()
