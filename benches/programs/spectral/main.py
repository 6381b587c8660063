# The spectral norm of an infinite matrix: small function calls, mixed int and float arithmetic, lists of floats.

from math import sqrt


def element(i, j):
    return 1 / ((i + j) * (i + j + 1) / 2 + i + 1)


def times(v, n):
    result = []
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += element(i, j) * v[j]
        result.append(total)
    return result


def times_transposed(v, n):
    result = []
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += element(j, i) * v[j]
        result.append(total)
    return result


def main():
    n = 300
    u = []
    for i in range(n):
        u.append(1.0)
    v = []
    for round in range(10):
        v = times_transposed(times(u, n), n)
        u = times_transposed(times(v, n), n)
    uv = 0.0
    vv = 0.0
    for i in range(n):
        uv += u[i] * v[i]
        vv += v[i] * v[i]
    print(int(sqrt(uv / vv) * 1e9))


main()
