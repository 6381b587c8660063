# Doubly recursive Fibonacci: calls, integer addition and comparison.


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def main():
    print(fib(32))


main()
