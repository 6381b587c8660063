-- The outer planets, integrated symplectically: float arithmetic on the fields of tables.

local sqrt = math.sqrt

local PI = 3.141592653589793
local SOLAR_MASS = 4 * PI * PI
local DAYS_PER_YEAR = 365.24

local function Body(x, y, z, vx, vy, vz, mass)
    return { x = x, y = y, z = z, vx = vx, vy = vy, vz = vz, mass = mass }
end

local function solar_system()
    local year = DAYS_PER_YEAR
    return {
        Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, SOLAR_MASS),
        Body(
            4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
            0.00166007664274403694 * year, 0.00769901118419740425 * year, -0.0000690460016972063023 * year,
            0.000954791938424326609 * SOLAR_MASS
        ),
        Body(
            8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
            -0.00276742510726411346 * year, 0.00499852801234917238 * year, 0.0000230417297573763929 * year,
            0.000285885980666130812 * SOLAR_MASS
        ),
        Body(
            12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
            0.00296460137564761618 * year, 0.00237847173959480950 * year, -0.0000296589568540237556 * year,
            0.0000436624404335156298 * SOLAR_MASS
        ),
        Body(
            15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
            0.00268067772490389322 * year, 0.00162824170038242295 * year, -0.0000951592254519715870 * year,
            0.0000515138902046611451 * SOLAR_MASS
        ),
    }
end

local function offset_momentum(bodies)
    local px = 0.0
    local py = 0.0
    local pz = 0.0
    for _, body in ipairs(bodies) do
        px = px + body.vx * body.mass
        py = py + body.vy * body.mass
        pz = pz + body.vz * body.mass
    end
    local sun = bodies[1]
    sun.vx = -px / SOLAR_MASS
    sun.vy = -py / SOLAR_MASS
    sun.vz = -pz / SOLAR_MASS
end

local function advance(bodies, dt)
    local count = #bodies
    for i = 1, count do
        local a = bodies[i]
        for j = i + 1, count do
            local b = bodies[j]
            local dx = a.x - b.x
            local dy = a.y - b.y
            local dz = a.z - b.z
            local squared = dx * dx + dy * dy + dz * dz
            local magnitude = dt / (squared * sqrt(squared))
            local mass_a = a.mass * magnitude
            local mass_b = b.mass * magnitude
            a.vx = a.vx - dx * mass_b
            a.vy = a.vy - dy * mass_b
            a.vz = a.vz - dz * mass_b
            b.vx = b.vx + dx * mass_a
            b.vy = b.vy + dy * mass_a
            b.vz = b.vz + dz * mass_a
        end
    end
    for i = 1, count do
        local body = bodies[i]
        body.x = body.x + dt * body.vx
        body.y = body.y + dt * body.vy
        body.z = body.z + dt * body.vz
    end
end

local function energy(bodies)
    local sum = 0.0
    local count = #bodies
    for i = 1, count do
        local a = bodies[i]
        sum = sum + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for j = i + 1, count do
            local b = bodies[j]
            local dx = a.x - b.x
            local dy = a.y - b.y
            local dz = a.z - b.z
            sum = sum - a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
        end
    end
    return sum
end

local function main()
    local bodies = solar_system()
    offset_momentum(bodies)
    print(math.floor(energy(bodies) * -1e9))
    for step = 1, 100000 do
        advance(bodies, 0.01)
    end
    print(math.floor(energy(bodies) * -1e9))
end

main()
