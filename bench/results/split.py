"""Which images a Sateen training holds out, made anew from the rule in docs/architecture.md, for trainings by others.

Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC11); below a bound as Lemire has it (2019); Fisher-Yates."""

import itertools

PURPOSE_SPLIT = 2
MASK = 0xFFFFFFFF


def philox(seed, block, stream):
    """The four words of this block of a stream."""
    c = (block & MASK, block >> 32, 0, stream)
    key = (seed & MASK, seed >> 32)
    for _ in range(10):
        a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = ((b >> 32) ^ c[1] ^ key[0], b & MASK, (a >> 32) ^ c[3] ^ key[1], a & MASK)
        key = ((key[0] + 0x9E3779B9) & MASK, (key[1] + 0xBB67AE85) & MASK)
    return c


def permutation(count, seed, purpose):
    words = (word for block in itertools.count() for word in philox(seed, block, purpose << 16))

    def below(bound):
        biased = (1 << 32) % bound
        while True:
            product = next(words) * bound
            if product & MASK >= biased:
                return product >> 32

    order = list(range(count))
    for i in range(count, 1, -1):
        j = below(i)
        order[i - 1], order[j] = order[j], order[i - 1]
    return order


def split(count, share, seed):
    """(indices to train on, indices held out), both ascending: sateen::split."""
    order = permutation(count, seed, PURPOSE_SPLIT)
    held_out = int(share * count)
    return sorted(order[held_out:]), sorted(order[:held_out])
