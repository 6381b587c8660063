-- An operating system kernel in miniature (after Martin Richards): six tasks pass packets through a scheduler.

local IDLE = 1
local WORKER = 2
local HANDLER_A = 3
local HANDLER_B = 4
local DEVICE_A = 5
local DEVICE_B = 6

local KIND_DEVICE = 0
local KIND_WORK = 1

local DATA_SIZE = 4

local Packet = {}
Packet.__index = Packet

function Packet.new(link, target, kind)
    return setmetatable({
        link = link,
        target = target,
        kind = kind,
        position = 0,
        data = { 0, 0, 0, 0 },
    }, Packet)
end

-- Appends this packet to a queue and gives the queue's new head.
function Packet:append_to(queue)
    self.link = nil
    if queue == nil then return self end
    local last = queue
    while last.link ~= nil do last = last.link end
    last.link = self
    return queue
end

-- What the scheduler knows of a task.
local Control = {}
Control.__index = Control

function Control.new(link, id, priority, queue, work)
    return setmetatable({
        link = link,
        id = id,
        priority = priority,
        queue = queue,
        work = work,
        has_packet = queue ~= nil,
        is_suspended = true,
        is_held = false,
    }, Control)
end

function Control:cannot_run()
    return self.is_held or (self.is_suspended and not self.has_packet)
end

function Control:run()
    local packet = nil
    if self.is_suspended and self.has_packet and not self.is_held then
        packet = self.queue
        self.queue = packet.link
        self.is_suspended = false
        self.has_packet = self.queue ~= nil
    end
    return self.work:run(packet)
end

-- Queues a packet; gives the task that should run next.
function Control:receive(packet, current)
    if self.queue == nil then
        self.queue = packet
        self.has_packet = true
        if self.priority > current.priority then return self end
    else
        self.queue = packet:append_to(self.queue)
    end
    return current
end

local Scheduler = {}
Scheduler.__index = Scheduler

function Scheduler.new()
    return setmetatable({
        controls = {},
        first = nil,
        current = nil,
        queue_count = 0,
        hold_count = 0,
    }, Scheduler)
end

function Scheduler:add(id, priority, queue, work)
    self.first = Control.new(self.first, id, priority, queue, work)
    self.controls[id] = self.first
    return self.first
end

function Scheduler:schedule()
    self.current = self.first
    while self.current ~= nil do
        local control = self.current
        if control:cannot_run() then
            self.current = control.link
        else
            self.current = control:run()
        end
    end
end

function Scheduler:suspend_current()
    self.current.is_suspended = true
    return self.current
end

function Scheduler:hold_current()
    self.hold_count = self.hold_count + 1
    self.current.is_held = true
    return self.current.link
end

function Scheduler:release(id)
    local control = self.controls[id]
    control.is_held = false
    if control.priority > self.current.priority then return control else return self.current end
end

function Scheduler:send(packet)
    local receiver = self.controls[packet.target]
    self.queue_count = self.queue_count + 1
    packet.link = nil
    packet.target = self.current.id
    return receiver:receive(packet, self.current)
end

-- Flips one bit of a number, by arithmetic because not every engine has operators for bits.
local function flip(number, bit)
    if number % (bit * 2) < bit then return number + bit else return number - bit end
end

-- Wakes one of the two devices, chosen by a shift register, until its count runs out.
local IdleWork = {}
IdleWork.__index = IdleWork

function IdleWork.new(scheduler, register, count)
    return setmetatable({ scheduler = scheduler, register = register, count = count }, IdleWork)
end

function IdleWork:run(packet)
    self.count = self.count - 1
    if self.count == 0 then return self.scheduler:hold_current() end
    if self.register % 2 == 0 then
        self.register = math.floor(self.register / 2)
        return self.scheduler:release(DEVICE_A)
    else
        self.register = flip(flip(flip(flip(math.floor(self.register / 2), 0x8000), 0x4000), 0x1000), 0x0008)
        return self.scheduler:release(DEVICE_B)
    end
end

-- Fills packets with numbers and sends them to the two handlers in turn.
local WorkerWork = {}
WorkerWork.__index = WorkerWork

function WorkerWork.new(scheduler, target, letter)
    return setmetatable({ scheduler = scheduler, target = target, letter = letter }, WorkerWork)
end

function WorkerWork:run(packet)
    if packet == nil then return self.scheduler:suspend_current() end
    if self.target == HANDLER_A then self.target = HANDLER_B else self.target = HANDLER_A end
    packet.target = self.target
    packet.position = 0
    for i = 1, DATA_SIZE do
        self.letter = self.letter + 1
        if self.letter > 26 then self.letter = 1 end
        packet.data[i] = self.letter
    end
    return self.scheduler:send(packet)
end

-- Copies the data of work packets into device packets, one item at a time.
local HandlerWork = {}
HandlerWork.__index = HandlerWork

function HandlerWork.new(scheduler)
    return setmetatable({ scheduler = scheduler, work_queue = nil, device_queue = nil }, HandlerWork)
end

function HandlerWork:run(packet)
    if packet ~= nil then
        if packet.kind == KIND_WORK then
            self.work_queue = packet:append_to(self.work_queue)
        else
            self.device_queue = packet:append_to(self.device_queue)
        end
    end
    local work = self.work_queue
    if work ~= nil then
        local position = work.position
        if position < DATA_SIZE then
            local device = self.device_queue
            if device ~= nil then
                self.device_queue = device.link
                device.position = work.data[position + 1]
                work.position = position + 1
                return self.scheduler:send(device)
            end
        else
            self.work_queue = work.link
            return self.scheduler:send(work)
        end
    end
    return self.scheduler:suspend_current()
end

-- Holds itself after taking a packet and sends the packet back when it is released.
local DeviceWork = {}
DeviceWork.__index = DeviceWork

function DeviceWork.new(scheduler)
    return setmetatable({ scheduler = scheduler, pending = nil }, DeviceWork)
end

function DeviceWork:run(packet)
    if packet ~= nil then
        self.pending = packet
        return self.scheduler:hold_current()
    end
    if self.pending == nil then return self.scheduler:suspend_current() end
    local pending = self.pending
    self.pending = nil
    return self.scheduler:send(pending)
end

local function packets(count, target, kind)
    local queue = nil
    for i = 1, count do queue = Packet.new(queue, target, kind) end
    return queue
end

local function run_once()
    local scheduler = Scheduler.new()
    local idle = scheduler:add(IDLE, 0, nil, IdleWork.new(scheduler, 1, 10000))
    idle.is_suspended = false
    scheduler:add(WORKER, 1000, packets(2, WORKER, KIND_WORK), WorkerWork.new(scheduler, HANDLER_A, 0))
    scheduler:add(HANDLER_A, 2000, packets(3, DEVICE_A, KIND_DEVICE), HandlerWork.new(scheduler))
    scheduler:add(HANDLER_B, 3000, packets(3, DEVICE_B, KIND_DEVICE), HandlerWork.new(scheduler))
    scheduler:add(DEVICE_A, 4000, nil, DeviceWork.new(scheduler))
    scheduler:add(DEVICE_B, 5000, nil, DeviceWork.new(scheduler))
    scheduler:schedule()
    return scheduler
end

local function main()
    local queued = 0
    local held = 0
    for round = 1, 10 do
        local scheduler = run_once()
        queued = queued + scheduler.queue_count
        held = held + scheduler.hold_count
    end
    print(queued .. " " .. held)
end

main()
