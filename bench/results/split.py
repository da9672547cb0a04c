"""Which images a Sateen training holds out, made anew from the rule in docs/architecture.md, for trainings by others.

Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC11); below a bound as Lemire has it (2019); Fisher-Yates."""

import numpy as np

PURPOSE_SPLIT = 2
MASK = 0xFFFFFFFF


def philox(seed, blocks, stream):
    """The words of these blocks of a stream, in order."""
    c = [blocks & np.uint64(MASK), blocks >> np.uint64(32), np.zeros_like(blocks), np.full_like(blocks, stream)]
    key = [seed & MASK, seed >> 32]
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(key[0]), b & np.uint64(MASK),
             (a >> np.uint64(32)) ^ c[3] ^ np.uint64(key[1]), a & np.uint64(MASK)]
        key = [(key[0] + 0x9E3779B9) & MASK, (key[1] + 0xBB67AE85) & MASK]
    return np.stack(c, axis=1).reshape(-1)


def permutation(count, seed, purpose):
    words = iter(philox(seed, np.arange(count // 2, dtype=np.uint64), purpose << 16).tolist())  # twice what is needed

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
    return np.array(order)


def split(count, share, seed):
    """(indices to train on, indices held out), both ascending: sateen::split."""
    order = permutation(count, seed, PURPOSE_SPLIT)
    held_out = int(share * count)
    return np.sort(order[held_out:]), np.sort(order[:held_out])
