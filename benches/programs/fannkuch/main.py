# Fannkuch: permutations in counting order and prefix reversals, all on small lists of ints.


def fannkuch(n):
    permutation = []
    counts = []
    for i in range(n):
        permutation.append(i)
        counts.append(i)
    sign = 1
    checksum = 0
    flips_max = 0
    while True:
        first = permutation[0]
        if first != 0:
            work = []
            for i in range(n):
                work.append(permutation[i])
            flips = 1
            while work[first] != 0:
                next = work[first]
                work[first] = first
                low = 1
                high = first - 1
                while low < high:
                    swapped = work[low]
                    work[low] = work[high]
                    work[high] = swapped
                    low += 1
                    high -= 1
                first = next
                flips += 1
            checksum += sign * flips
            if flips > flips_max:
                flips_max = flips
        if sign == 1:
            swapped = permutation[0]
            permutation[0] = permutation[1]
            permutation[1] = swapped
            sign = -1
        else:
            swapped = permutation[1]
            permutation[1] = permutation[2]
            permutation[2] = swapped
            sign = 1
            i = 2
            while counts[i] == 0:
                counts[i] = i
                i += 1
                if i == n:
                    return checksum, flips_max
                moved = permutation[0]
                for j in range(i):
                    permutation[j] = permutation[j + 1]
                permutation[i] = moved
            counts[i] -= 1


def main():
    checksum, flips = fannkuch(9)
    print(checksum)
    print(flips)


main()
