# Loops: nested counting, `while` with a remainder, early exit, float accumulation.


def triangle(n):
    total = 0
    for i in range(1, n + 1):
        for j in range(1, i + 1):
            total += i * j % 7
    return total


def gcd_sum(n):
    total = 0
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            a = i
            b = j
            while b != 0:
                rest = a % b
                a = b
                b = rest
            total += a
    return total


def primes_below(n):
    count = 0
    for candidate in range(2, n):
        prime = True
        divisor = 2
        while divisor * divisor <= candidate:
            if candidate % divisor == 0:
                prime = False
                break
            divisor += 1
        if prime:
            count += 1
    return count


def alternating(n):
    total = 0.0
    sign = 1.0
    for i in range(1, n + 1):
        total += sign / i
        sign = -sign
    return total


def main():
    print(triangle(3000))
    print(gcd_sum(600))
    print(primes_below(120000))
    print(int(alternating(2000000) * 1e9))


main()
