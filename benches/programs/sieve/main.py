# The sieve of Eratosthenes over a list of booleans: list building, reads and writes by index.


def sieve(n):
    flags = []
    for i in range(n + 1):
        flags.append(True)
    count = 0
    for i in range(2, n + 1):
        if flags[i]:
            count += 1
            multiple = i * i
            while multiple <= n:
                flags[multiple] = False
                multiple += i
    return count


def main():
    for round in range(3):
        print(sieve(1000000))


main()
