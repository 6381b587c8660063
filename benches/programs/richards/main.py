# An operating system kernel in miniature (after Martin Richards): six tasks pass packets through a scheduler.

IDLE = 0
WORKER = 1
HANDLER_A = 2
HANDLER_B = 3
DEVICE_A = 4
DEVICE_B = 5

KIND_DEVICE = 0
KIND_WORK = 1

DATA_SIZE = 4


class Packet:
    __slots__ = ("link", "target", "kind", "position", "data")

    def __init__(self, link, target, kind):
        self.link = link
        self.target = target
        self.kind = kind
        self.position = 0
        self.data = [0, 0, 0, 0]

    def append_to(self, queue):
        """Appends this packet to a queue and gives the queue's new head."""
        self.link = None
        if queue is None:
            return self
        last = queue
        while last.link is not None:
            last = last.link
        last.link = self
        return queue


class Control:
    """What the scheduler knows of a task."""

    __slots__ = ("link", "id", "priority", "queue", "work", "has_packet", "is_suspended", "is_held")

    def __init__(self, link, id, priority, queue, work):
        self.link = link
        self.id = id
        self.priority = priority
        self.queue = queue
        self.work = work
        self.has_packet = queue is not None
        self.is_suspended = True
        self.is_held = False

    def cannot_run(self):
        return self.is_held or (self.is_suspended and not self.has_packet)

    def run(self):
        packet = None
        if self.is_suspended and self.has_packet and not self.is_held:
            packet = self.queue
            self.queue = packet.link
            self.is_suspended = False
            self.has_packet = self.queue is not None
        return self.work.run(packet)

    def receive(self, packet, current):
        """Queues a packet; gives the task that should run next."""
        if self.queue is None:
            self.queue = packet
            self.has_packet = True
            if self.priority > current.priority:
                return self
        else:
            self.queue = packet.append_to(self.queue)
        return current


class Scheduler:
    __slots__ = ("controls", "first", "current", "queue_count", "hold_count")

    def __init__(self):
        self.controls = [None, None, None, None, None, None]
        self.first = None
        self.current = None
        self.queue_count = 0
        self.hold_count = 0

    def add(self, id, priority, queue, work):
        self.first = Control(self.first, id, priority, queue, work)
        self.controls[id] = self.first
        return self.first

    def schedule(self):
        self.current = self.first
        while self.current is not None:
            control = self.current
            if control.cannot_run():
                self.current = control.link
            else:
                self.current = control.run()

    def suspend_current(self):
        self.current.is_suspended = True
        return self.current

    def hold_current(self):
        self.hold_count += 1
        self.current.is_held = True
        return self.current.link

    def release(self, id):
        control = self.controls[id]
        control.is_held = False
        return control if control.priority > self.current.priority else self.current

    def send(self, packet):
        receiver = self.controls[packet.target]
        self.queue_count += 1
        packet.link = None
        packet.target = self.current.id
        return receiver.receive(packet, self.current)


def flip(number, bit):
    """Flips one bit of a number, by arithmetic because not every engine has operators for bits."""
    return number + bit if number % (bit * 2) < bit else number - bit


class IdleWork:
    """Wakes one of the two devices, chosen by a shift register, until its count runs out."""

    __slots__ = ("scheduler", "register", "count")

    def __init__(self, scheduler, register, count):
        self.scheduler = scheduler
        self.register = register
        self.count = count

    def run(self, packet):
        self.count -= 1
        if self.count == 0:
            return self.scheduler.hold_current()
        if self.register % 2 == 0:
            self.register = self.register // 2
            return self.scheduler.release(DEVICE_A)
        else:
            self.register = flip(flip(flip(flip(self.register // 2, 0x8000), 0x4000), 0x1000), 0x0008)
            return self.scheduler.release(DEVICE_B)


class WorkerWork:
    """Fills packets with numbers and sends them to the two handlers in turn."""

    __slots__ = ("scheduler", "target", "letter")

    def __init__(self, scheduler, target, letter):
        self.scheduler = scheduler
        self.target = target
        self.letter = letter

    def run(self, packet):
        if packet is None:
            return self.scheduler.suspend_current()
        self.target = HANDLER_B if self.target == HANDLER_A else HANDLER_A
        packet.target = self.target
        packet.position = 0
        for i in range(DATA_SIZE):
            self.letter += 1
            if self.letter > 26:
                self.letter = 1
            packet.data[i] = self.letter
        return self.scheduler.send(packet)


class HandlerWork:
    """Copies the data of work packets into device packets, one item at a time."""

    __slots__ = ("scheduler", "work_queue", "device_queue")

    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.work_queue = None
        self.device_queue = None

    def run(self, packet):
        if packet is not None:
            if packet.kind == KIND_WORK:
                self.work_queue = packet.append_to(self.work_queue)
            else:
                self.device_queue = packet.append_to(self.device_queue)
        work = self.work_queue
        if work is not None:
            position = work.position
            if position < DATA_SIZE:
                device = self.device_queue
                if device is not None:
                    self.device_queue = device.link
                    device.position = work.data[position]
                    work.position = position + 1
                    return self.scheduler.send(device)
            else:
                self.work_queue = work.link
                return self.scheduler.send(work)
        return self.scheduler.suspend_current()


class DeviceWork:
    """Holds itself after taking a packet and sends the packet back when it is released."""

    __slots__ = ("scheduler", "pending")

    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.pending = None

    def run(self, packet):
        if packet is not None:
            self.pending = packet
            return self.scheduler.hold_current()
        if self.pending is None:
            return self.scheduler.suspend_current()
        pending = self.pending
        self.pending = None
        return self.scheduler.send(pending)


def packets(count, target, kind):
    queue = None
    for i in range(count):
        queue = Packet(queue, target, kind)
    return queue


def run_once():
    scheduler = Scheduler()
    idle = scheduler.add(IDLE, 0, None, IdleWork(scheduler, 1, 10000))
    idle.is_suspended = False
    scheduler.add(WORKER, 1000, packets(2, WORKER, KIND_WORK), WorkerWork(scheduler, HANDLER_A, 0))
    scheduler.add(HANDLER_A, 2000, packets(3, DEVICE_A, KIND_DEVICE), HandlerWork(scheduler))
    scheduler.add(HANDLER_B, 3000, packets(3, DEVICE_B, KIND_DEVICE), HandlerWork(scheduler))
    scheduler.add(DEVICE_A, 4000, None, DeviceWork(scheduler))
    scheduler.add(DEVICE_B, 5000, None, DeviceWork(scheduler))
    scheduler.schedule()
    return scheduler


def main():
    queued = 0
    held = 0
    for round in range(10):
        scheduler = run_once()
        queued += scheduler.queue_count
        held += scheduler.hold_count
    print(queued, held)


main()
