/** @file
 * The contract between Sateen's core and its backends: one C header, C11 and C++17, that needs nothing else.
 *
 * A backend is a table of functions (sateen_backend). Core describes a whole training, evaluation or prediction step
 * as a graph: a list of operations over tensors, in data. The backend compiles the graph once and then runs it many
 * times. How it does so (fusion, layout of intermediates, memory planning, threads) is its own business; the bytes of
 * EXTERNAL storages after a run are not.
 *
 * Contents: 1 versions · 2 status · 3 devices · 4 tensors and graphs · 5 operations · 6 the table · 7 entry point ·
 * 8 extensions.
 *
 * Hosts are 64-bit. tests/contract holds this file against the record of its major version, from C11 and from C++17.
 *
 * Rules that hold everywhere
 *  - Errors. No C++ exception, longjmp, abort, exit or print crosses the border in either direction. A function that
 *    can fail returns a sateen_status; last_error() then has a sentence for people. On failure *out is left untouched.
 *  - Threads. A device, with its buffers and programs, is used by one thread at a time (core or the embedder
 *    serialises). Different devices may be used at the same time. device_count, device_info and extension may be
 *    called from any thread; so may event_wait and event_destroy, but one event by one thread at a time.
 *  - Ownership. The plugin owns bytes; the host owns lifetimes. The host destroys every program, buffer and event
 *    before it closes their device. A plugin's library is never unloaded. Pointers passed in are borrowed for the
 *    call unless a comment says more; strings are UTF-8 and end in NUL.
 *  - Growth. Structures that begin with struct_size grow at the end only. A reader reads a field only if it lies
 *    inside struct_size; missing fields count as zero. So do the elements of a graph's arrays (…_stride) and attributes
 *    (attrs_size). Within one SATEEN_ABI_MAJOR nothing is reordered, retyped, reused or taken away.
 */
#ifndef SATEEN_BACKEND_H
#define SATEEN_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1. Versions ------------------------------------------------------------------------------------------------- */
#define SATEEN_ABI_MAJOR 1u /**< that of host and plugin must be equal */
#define SATEEN_ABI_MINOR 1u /**< a higher one only adds */

/* ---- 2. Status --------------------------------------------------------------------------------------------------- */
/** What became of a call: one of the numbers below. last_error() has the words for all but OK and TIMEOUT. */
typedef uint32_t sateen_status;
#define SATEEN_OK 0u           /**< done, or submitted */
#define SATEEN_UNSUPPORTED 1u  /**< well-formed, but this backend or device can't do it */
#define SATEEN_INVALID 2u      /**< the call or the graph breaks a rule of this header */
#define SATEEN_NO_MEMORY 3u    /**< host or device memory is short; what was there before is intact */
#define SATEEN_DEVICE_ERROR 4u /**< the device or its driver failed */
#define SATEEN_TIMEOUT 5u      /**< event_wait only */
#define SATEEN_INTERNAL 6u     /**< a defect of the backend */

/* ---- 3. Devices -------------------------------------------------------------------------------------------------- */
typedef struct sateen_device sateen_device;   /**< a context with one in-order queue */
typedef struct sateen_buffer sateen_buffer;   /**< bytes on a device */
typedef struct sateen_event sateen_event;     /**< a point in a device's queue */
typedef struct sateen_program sateen_program; /**< a compiled graph */

#define SATEEN_DEVICE_CPU 1u         /**< sateen_device_info.type: a processor that the host may run on */
#define SATEEN_DEVICE_GPU 2u         /**< a GPU, which "auto" prefers */
#define SATEEN_DEVICE_ACCELERATOR 3u /**< a device for such work that is neither */
#define SATEEN_DEVICE_OTHER 4u       /**< none of these, or nobody knows */

/** What a device is. The strings belong to the plugin and stay valid for the life of the process. */
typedef struct {
  uint32_t struct_size;          /**< in: set by the caller; out: the bytes that were filled in */
  uint32_t type;                 /**< SATEEN_DEVICE_… */
  uint32_t alignment;            /**< bytes, a power of two of at least 4: every tensor offset is a multiple of it */
  uint32_t reserved;             /**< 0 */
  uint64_t memory_bytes;         /**< what the device has in all */
  uint64_t max_allocation_bytes; /**< the largest buffer that it grants */
  const char* id;                /**< what a user types to choose it, unique within the backend: "cpu", "opencl:0:1" */
  const char* name;              /**< "AMD EPYC 7763", "Radeon RX 6600 XT" */
  const char* vendor;            /**< in the driver's words */
  const char* driver;            /**< driver and version, "" where there is none */
} sateen_device_info;

#define SATEEN_LOG_DEBUG 0u   /**< for those who look for a defect */
#define SATEEN_LOG_INFO 1u    /**< what happens, and takes time */
#define SATEEN_LOG_WARNING 2u /**< something is amiss, and work goes on */
#define SATEEN_LOG_ERROR 3u   /**< something failed */

/** What the host offers to an open device. It stays valid, and its context too, until device_close returns. */
typedef struct {
  uint32_t struct_size; /**< bytes that the host filled in */
  uint32_t abi_major;   /**< SATEEN_ABI_MAJOR that the host was built with */
  uint32_t abi_minor;   /**< and its SATEEN_ABI_MINOR */
  uint32_t reserved;    /**< 0 */
  void* context;        /**< the host's own; it goes to log as it is */
  /** May be called from any thread, the device's own worker threads included; it never blocks for long, never fails,
   * and must not be called from inside a signal handler. One line a message, no newline at its end. level:
   * SATEEN_LOG_…. NULL: nobody listens. */
  void (*log)(void* context, uint32_t level, const char* message);
  /** A full path: where the plugin may keep what it can make again, in a folder of its own name below it. The host does
   * not make it. It may be read-only, it and anything in it may vanish or be damaged at any time, and several processes
   * use it at once. NULL: keep nothing. */
  const char* cache_folder;
} sateen_host;

/* ---- 4. Tensors and graphs --------------------------------------------------------------------------------------- */
#define SATEEN_F32 1u /**< IEEE binary32 */
#define SATEEN_I32 2u /**< two's complement */
#define SATEEN_U8 3u  /**< 0 to 255 */

#define SATEEN_MAX_RANK 6       /**< axes of a tensor at the most */
#define SATEEN_NONE 0xffffffffu /**< "no tensor here", where an operation's page allows it */

/** sateen_storage.role: memory bound at run. */
#define SATEEN_STORAGE_EXTERNAL 1u
/** sateen_storage.role: the backend's own memory, undefined when a run begins and when it has ended; one storage is one
 * value, and values that never live together may share memory (the backend plans that). */
#define SATEEN_STORAGE_INTERMEDIATE 2u
/** sateen_storage.flags, EXTERNAL only: no operation writes it, and its bytes never change between the program's first
 * and last run, so a backend may keep a packed copy. Every run binds it to the same buffer and offset. */
#define SATEEN_STORAGE_FROZEN 1u

/** Where tensors live. */
typedef struct {
  uint32_t role;  /**< SATEEN_STORAGE_EXTERNAL or SATEEN_STORAGE_INTERMEDIATE */
  uint32_t flags; /**< SATEEN_STORAGE_FROZEN or 0 */
  uint64_t bytes; /**< above 0 */
} sateen_storage;

/** A dense row-major view into one storage: elements offset … offset + product(dim) · size. It lies inside the storage.
 * Rank is 1 to 6, every dim is at least 1, dims past the rank are 0. Layouts: activations [n][y][x][channel] or
 * [n][feature]; convolution weights [ky][kx][in][out]; dense weights [in][out]; bias [out]. */
typedef struct {
  uint32_t dtype;               /**< SATEEN_F32, … */
  uint32_t storage;             /**< index into sateen_graph.storage */
  uint32_t rank;                /**< 1 to SATEEN_MAX_RANK */
  uint32_t reserved;            /**< 0 */
  uint64_t offset;              /**< bytes, a multiple of the device's alignment */
  int64_t dim[SATEEN_MAX_RANK]; /**< the outermost first */
} sateen_tensor;

/** One operation. src and dst are tensor indices in the order of the operation's page (part 5). attrs points to the
 * page's structure, attrs_size bytes long; a page without one wants NULL and 0. */
typedef struct {
  uint32_t kind;       /**< SATEEN_OP_… */
  uint32_t n_src;      /**< as the page has them, optional ones included */
  uint32_t n_dst;      /**< likewise */
  uint32_t attrs_size; /**< bytes */
  const uint32_t* src; /**< n_src tensor indices, or SATEEN_NONE */
  const uint32_t* dst; /**< n_dst of them */
  const void* attrs;   /**< the page's structure, or NULL */
  const char* name;    /**< for errors, profiles and logs: "conv2.backward_weights"; never NULL */
} sateen_op;

#define SATEEN_MATH_F32 1u /**< f32 multiply and accumulate; results within the conformance bounds */

/** A graph. Results are as if the operations ran one after the other in list order.
 * Aliasing: tensors overlap only inside one storage, and bound storages never overlap. An operation's destinations
 * overlap neither each other nor its sources, but where its page says "in place": there source and destination are the
 * same tensor, whole. A value is written in full before it is read.
 * Elements of the three arrays are …_stride bytes apart, so that they can grow. */
typedef struct {
  uint32_t struct_size;          /**< bytes that the host filled in */
  uint32_t flags;                /**< 0 */
  uint32_t math;                 /**< SATEEN_MATH_… */
  uint32_t reserved;             /**< 0 */
  uint32_t n_storages;           /**< how many */
  uint32_t storage_stride;       /**< bytes */
  uint32_t n_tensors;            /**< how many */
  uint32_t tensor_stride;        /**< bytes */
  uint32_t n_ops;                /**< how many */
  uint32_t op_stride;            /**< bytes */
  const sateen_storage* storage; /**< n_storages of them */
  const sateen_tensor* tensor;   /**< n_tensors of them, views into the storages */
  const sateen_op* op;           /**< n_ops of them, in the order of their doing */
} sateen_graph;

/** Memory for one EXTERNAL storage: `bytes` of it from offset on, a multiple of the device's alignment. */
typedef struct {
  sateen_buffer* buffer; /**< of the same device; several bindings may be in one, apart */
  uint64_t offset;       /**< bytes */
} sateen_binding;

/* ---- 5. Operations ----------------------------------------------------------------------------------------------- */

/** SATEEN_FOR_EACH_OP(X) expands X(CONSTANT, number, name, n_src, n_dst). f32 unless a page says otherwise.
 * Shapes: N batch, H W spatial, C channels. NaN and infinity go through every operation as IEEE 754 has them,
 * but that a fast convolution may spread a NaN to outputs beside those that see it; it never loses one.
 *
 * The cursor is an I32 tensor [2] on the device: {row, step}. row selects this step's row in the tables of the epoch;
 * step counts training steps since the start of training, and numbers the random draws. A row out of its table's range
 * is a broken rule of the host's. */
#define SATEEN_FOR_EACH_OP(X)                                               \
  X(SATEEN_OP_GATHER, 1u, "gather", 3, 1)                                   \
  X(SATEEN_OP_CONV2D_FORWARD, 2u, "conv2d_forward", 3, 1)                   \
  X(SATEEN_OP_CONV2D_BACKWARD_DATA, 3u, "conv2d_backward_data", 2, 1)       \
  X(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, 4u, "conv2d_backward_weights", 2, 2) \
  X(SATEEN_OP_MAX_POOL2D_FORWARD, 5u, "max_pool2d_forward", 1, 1)           \
  X(SATEEN_OP_MAX_POOL2D_BACKWARD, 6u, "max_pool2d_backward", 2, 1)         \
  X(SATEEN_OP_LEAKY_RELU_FORWARD, 7u, "leaky_relu_forward", 1, 1)           \
  X(SATEEN_OP_LEAKY_RELU_BACKWARD, 8u, "leaky_relu_backward", 2, 1)         \
  X(SATEEN_OP_DENSE_FORWARD, 9u, "dense_forward", 3, 1)                     \
  X(SATEEN_OP_DENSE_BACKWARD_DATA, 10u, "dense_backward_data", 2, 1)        \
  X(SATEEN_OP_DENSE_BACKWARD_WEIGHTS, 11u, "dense_backward_weights", 2, 2)  \
  X(SATEEN_OP_DROPOUT, 12u, "dropout", 2, 1)                                \
  X(SATEEN_OP_SOFTMAX, 13u, "softmax", 1, 1)                                \
  X(SATEEN_OP_SOFTMAX_CROSS_ENTROPY, 14u, "softmax_cross_entropy", 4, 2)    \
  X(SATEEN_OP_ADAM, 15u, "adam", 6, 3)                                      \
  X(SATEEN_OP_ADVANCE, 16u, "advance", 1, 1)                                \
  X(SATEEN_OP_AUGMENT, 17u, "augment", 3, 1)                                \
  X(SATEEN_OP_BATCH_NORM, 18u, "batch_norm", 5, 1)                          \
  X(SATEEN_OP_BATCH_NORM_TRAIN, 19u, "batch_norm_train", 7, 5)              \
  X(SATEEN_OP_BATCH_NORM_BACKWARD, 20u, "batch_norm_backward", 7, 3)

/** One enumerator; undefined again below. */
#define SATEEN_DECLARE_OP(constant, number, name, n_src, n_dst) constant = number,
/** The kinds of operations: sateen_op.kind. Each has a page, here or with its attributes (sateen_…_attrs). */
enum { SATEEN_FOR_EACH_OP(SATEEN_DECLARE_OP) SATEEN_OP_END_ /**< one more than the last */ };
#undef SATEEN_DECLARE_OP

/** The attributes of SATEEN_OP_GATHER, samples into a batch.
 * @code{.unparsed}
 * GATHER (data, indices | NONE, cursor | NONE) -> batch
 *   batch[i][…] = convert(data[index(i)][…])
 *   index(i) = indices[row · N + i], or row · N + i without indices; row = cursor[0], or 0 without a cursor.
 *   data [count][…], batch [N][…] with the same trailing dims; indices I32 [k · N].
 *   An index outside 0 … count−1 gives zeros.
 *   U8 -> F32: value · scale + shift (so 1/255 and 0 for pixels).
 *   U8 -> I32, I32 -> I32, F32 -> F32: a copy; scale is 1 and shift 0 there.
 * @endcode */
typedef struct {
  float scale; /**< of a value; 1 for a copy */
  float shift; /**< added after it; 0 for a copy */
} sateen_gather_attrs;

/** The attributes of SATEEN_OP_CONV2D_…
 * @code{.unparsed}
 * CONV2D: cross-correlation, as deep learning has it.
 * FORWARD (src [N][H][W][C], weights [KH][KW][C][K], bias [K] | NONE) -> dst [N][OH][OW][K]
 *   dst[n][y][x][k] = bias[k] + Σ over ky, kx, c of
 *                     src[n][y·stride_y + ky − pad_top][x·stride_x + kx − pad_left][c] · weights[ky][kx][c][k]
 *   with zeros outside src. OH = (H + pad_top + pad_bottom − KH) / stride_y + 1, rounded down, at least 1; OW alike.
 *   Every padding is smaller than the kernel's extent in its direction.
 * BACKWARD_DATA (diff_dst, weights) -> diff_src
 *   The derivative of Σ dst · diff_dst by src.
 * BACKWARD_WEIGHTS (src, diff_dst) -> (diff_weights, diff_bias | NONE)
 *   The same by weights and by bias.
 * @endcode */
typedef struct {
  int32_t stride_y;   /**< rows, at least 1 */
  int32_t stride_x;   /**< columns, at least 1 */
  int32_t pad_top;    /**< rows of zeros, at least 0 */
  int32_t pad_left;   /**< columns, likewise */
  int32_t pad_bottom; /**< rows */
  int32_t pad_right;  /**< columns */
} sateen_conv2d_attrs;

/** The attributes of SATEEN_OP_MAX_POOL2D_…
 * @code{.unparsed}
 * MAX_POOL2D
 * FORWARD (src [N][H][W][C]) -> dst [N][OH][OW][C]: the maximum over each window, −∞ outside src.
 *   OH as in CONV2D; every padding is smaller than the window, and every window meets src.
 *   A NaN counts as larger than any number.
 * BACKWARD (src, diff_dst) -> diff_src: each diff_dst goes to the place of its window's maximum, among equals to the
 *   first in row-major order; contributions of overlapping windows add up.
 * @endcode */
typedef struct {
  int32_t window_y;   /**< rows, at least 1 */
  int32_t window_x;   /**< columns, at least 1 */
  int32_t stride_y;   /**< rows, at least 1 */
  int32_t stride_x;   /**< columns, at least 1 */
  int32_t pad_top;    /**< rows of −∞, at least 0 */
  int32_t pad_left;   /**< columns, likewise */
  int32_t pad_bottom; /**< rows */
  int32_t pad_right;  /**< columns */
} sateen_max_pool2d_attrs;

/** The attributes of SATEEN_OP_LEAKY_RELU_…
 * @code{.unparsed}
 * LEAKY_RELU, any shape. alpha is finite and ≥ 0.
 * FORWARD (src) -> dst = src > 0 ? src : alpha · src
 * BACKWARD (dst, diff_dst) -> diff_src = dst > 0 ? diff_dst : alpha · diff_dst   (dst has the sign of src)
 * @endcode */
typedef struct {
  float alpha; /**< the slope below 0 */
} sateen_leaky_relu_attrs;

/** @var SATEEN_OP_DENSE_FORWARD
 * The page of SATEEN_OP_DENSE_…
 * @code{.unparsed}
 * DENSE, no attributes. src [N][I], weights [I][O], bias [O].
 * FORWARD (src, weights, bias | NONE) -> dst [N][O] = src · weights + bias
 * BACKWARD_DATA (diff_dst, weights) -> diff_src = diff_dst · weightsᵀ
 * BACKWARD_WEIGHTS (src, diff_dst) -> (diff_weights = srcᵀ · diff_dst, diff_bias | NONE = column sums of diff_dst)
 * @endcode */

/** The attributes of SATEEN_OP_DROPOUT.
 * @code{.unparsed}
 * DROPOUT (src, cursor) -> dst, any shape
 *   dst[e] = u32(e) ≥ threshold ? src[e] · scale : 0
 *   The backward pass is the same operation on the gradient, with the same attributes: the mask is made again.
 *   u32(e) is word (g mod 4) of Philox4x32-10 with g = first_element + e, key = (seed low, seed high) and
 *   counter = ((g / 4) low, (g / 4) high, cursor[1], stream).
 *   Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11.
 *   threshold = ⌊rate · 2³²⌋, scale = 1 / (1 − rate), stream = purpose · 2¹⁶ + layer.
 *   first_element: the first element's place in the global batch, a multiple of 4.
 * @endcode */
typedef struct {
  uint64_t seed;          /**< Philox's key */
  uint64_t first_element; /**< see above */
  uint32_t stream;        /**< Philox's last counter word: one a layer */
  uint32_t threshold;     /**< words below it are dropped */
  float scale;            /**< of what stays */
  uint32_t reserved;      /**< 0 */
} sateen_dropout_attrs;

/** @var SATEEN_OP_SOFTMAX
 * @code{.unparsed}
 * SOFTMAX (src [N][C]) -> dst [N][C] = exp(src − max) / Σ exp(src − max) by row. No attributes.
 * @endcode */

/** @var SATEEN_OP_SOFTMAX_CROSS_ENTROPY
 * @code{.unparsed}
 * SOFTMAX_CROSS_ENTROPY (logits [N][C], labels I32 [N], valid I32 [rows], cursor)
 *    -> (log [rows][2], diff_logits | NONE)
 *   v = valid[row], 0 ≤ v ≤ N; p = softmax(logits).
 *   log[row] = {Σ over i < v of −ln p[i][label], how many i < v have their first largest logit at their label}
 *   Other rows of log are untouched.
 *   diff_logits[i] = (p[i] − onehot(label)) / v for i < v, 0 for the rest.
 *   Computed from logits − max, never from p. No attributes.
 *   A label outside 0 … C−1 makes that row's loss NaN and its gradient 0.
 * @endcode */

/** The attributes of SATEEN_OP_ADAM.
 * @code{.unparsed}
 * ADAM (params, diff, m, v, lr [rows], cursor) -> (params, m, v), in place, all of one shape:
 *   m = beta1·m + (1 − beta1)·diff;  v = beta2·v + (1 − beta2)·diff²;  params −= lr[row] · m / (√v + epsilon)
 *   lr already holds the bias correction, α·√(1 − beta2ᵗ) / (1 − beta1ᵗ), as in section 2 of Kingma & Ba, 2015.
 * @endcode */
typedef struct {
  float beta1;       /**< of m */
  float beta2;       /**< of v */
  float epsilon;     /**< keeps the quotient finite */
  uint32_t reserved; /**< 0 */
} sateen_adam_attrs;

/** @var SATEEN_OP_ADVANCE
 * @code{.unparsed}
 * ADVANCE (cursor) -> (cursor), in place: both numbers go up by one. The last operation of a step. No attributes.
 * @endcode */

/** The attributes of SATEEN_OP_AUGMENT.
 * @code{.unparsed}
 * AUGMENT (data, indices | NONE, cursor) -> batch: GATHER of images that are mirrored and moved at random.
 *   batch[i][y][x][c] = value · scale + shift; value = image[y − dy][x − dx][c] where that is inside, else 0.
 *   image = data[index(i)], index(i) as in GATHER; mirrored, image[y][x][c] = data[index(i)][y][W−1−x][c].
 *   An index outside 0 … count−1 gives zeros.
 *   data U8 [count][H][W][C], batch F32 [N][H][W][C]; indices I32 [k · N].
 *   Row i has the words of one Philox4x32-10 (see DROPOUT) with g = first_row + i, key = (seed low, seed high) and
 *   counter = (g low, g high, cursor[1], stream):
 *     word 0: with mirror 1, the image is mirrored where the highest bit is set; with mirror 0 never
 *     word 1: dy = ⌊word · (2 · max_shift + 1) / 2³²⌋ − max_shift
 *     word 2: dx, likewise; word 3 is not used
 *   0 ≤ max_shift, below H and W. mirror is 0 or 1. first_row: the first row's place in the global batch.
 * @endcode */
typedef struct {
  uint64_t seed;      /**< Philox's key */
  uint64_t first_row; /**< see above */
  uint32_t stream;    /**< Philox's last counter word */
  uint32_t mirror;    /**< 1: one image in two is mirrored */
  int32_t max_shift;  /**< pixels */
  float scale;        /**< of a pixel */
  float shift;        /**< added after it */
  uint32_t reserved;  /**< 0 */
} sateen_augment_attrs;

/** The attributes of SATEEN_OP_BATCH_NORM and SATEEN_OP_BATCH_NORM_TRAIN.
 * @code{.unparsed}
 * BATCH_NORM: Ioffe and Szegedy, "Batch normalization", ICML 2015. src [N][…][C] of rank 2 or more; scale, shift,
 * means, variances and what follows from them are [C]; sums go over all axes but the last.
 * BATCH_NORM (src, scale, shift, mean, variance) -> dst: prediction
 *   dst = (src − mean) · scale / √(variance + epsilon) + shift
 * TRAIN (src, scale, shift, running_mean, running_variance, valid I32 [rows], cursor)
 *    -> (dst, mean, inverse, running_mean, running_variance), the last two in place
 *   v = valid[row], 0 ≤ v ≤ N, row = cursor[0]; K = v · (elements of src / (N · C)) values of each channel count.
 *   mean = Σ src / K, variance = Σ (src − mean)² / K, both over i < v; inverse = 1 / √(variance + epsilon)
 *   dst = (src − mean) · inverse · scale + shift, for every row
 *   running = momentum · running + (1 − momentum) · that of the batch
 *   Not from the difference of Σ src² and Σ src: a mean that is large beside the spread costs no more than it must.
 *   With v = 0 the mean and the variance are 0, and the running ones stay as they are.
 *   A variance beyond f32 gives NaN: inverse, dst and running_variance are NaN in that channel, so that a loss shows it.
 *   They may be NaN already where K · variance or a difference of two values is beyond f32.
 *   Where a value that counts is NaN or infinite, mean, inverse, dst and both running ones of its channel are not finite
 *   (the mean NaN or infinite, as the backend finds it).
 * BACKWARD (src, scale, mean, inverse, diff_dst, valid, cursor) -> (diff_src | NONE, diff_scale, diff_shift)
 *   With x = (src − mean) · inverse and sums over i < v:
 *   diff_shift = Σ diff_dst, diff_scale = Σ diff_dst · x
 *   diff_src = scale · inverse · (diff_dst − (diff_shift + x · diff_scale) / K) for i < v, 0 for the rest.
 *   No attributes.
 * epsilon is finite and above 0. momentum is 0 to 1 in TRAIN, and 0 in BATCH_NORM, which has no use for it.
 * @endcode */
typedef struct {
  float epsilon;  /**< keeps the root above 0 */
  float momentum; /**< how much of the running numbers stays */
} sateen_batch_norm_attrs;

/** SATEEN_FOR_EACH_ATTRS(X) expands X(CONSTANT, structure) for each kind that has attributes. */
#define SATEEN_FOR_EACH_ATTRS(X)                            \
  X(SATEEN_OP_GATHER, sateen_gather_attrs)                  \
  X(SATEEN_OP_CONV2D_FORWARD, sateen_conv2d_attrs)          \
  X(SATEEN_OP_CONV2D_BACKWARD_DATA, sateen_conv2d_attrs)    \
  X(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, sateen_conv2d_attrs) \
  X(SATEEN_OP_MAX_POOL2D_FORWARD, sateen_max_pool2d_attrs)  \
  X(SATEEN_OP_MAX_POOL2D_BACKWARD, sateen_max_pool2d_attrs) \
  X(SATEEN_OP_LEAKY_RELU_FORWARD, sateen_leaky_relu_attrs)  \
  X(SATEEN_OP_LEAKY_RELU_BACKWARD, sateen_leaky_relu_attrs) \
  X(SATEEN_OP_DROPOUT, sateen_dropout_attrs)                \
  X(SATEEN_OP_ADAM, sateen_adam_attrs)                      \
  X(SATEEN_OP_AUGMENT, sateen_augment_attrs)                \
  X(SATEEN_OP_BATCH_NORM, sateen_batch_norm_attrs)          \
  X(SATEEN_OP_BATCH_NORM_TRAIN, sateen_batch_norm_attrs)

/** SATEEN_FOR_EACH_ATTR_FIELD(X) expands X(structure, field) for every field of these structures, in their order: what a
 * graph needs to be written as text. */
#define SATEEN_FOR_EACH_ATTR_FIELD(X)    \
  X(sateen_gather_attrs, scale)          \
  X(sateen_gather_attrs, shift)          \
  X(sateen_conv2d_attrs, stride_y)       \
  X(sateen_conv2d_attrs, stride_x)       \
  X(sateen_conv2d_attrs, pad_top)        \
  X(sateen_conv2d_attrs, pad_left)       \
  X(sateen_conv2d_attrs, pad_bottom)     \
  X(sateen_conv2d_attrs, pad_right)      \
  X(sateen_max_pool2d_attrs, window_y)   \
  X(sateen_max_pool2d_attrs, window_x)   \
  X(sateen_max_pool2d_attrs, stride_y)   \
  X(sateen_max_pool2d_attrs, stride_x)   \
  X(sateen_max_pool2d_attrs, pad_top)    \
  X(sateen_max_pool2d_attrs, pad_left)   \
  X(sateen_max_pool2d_attrs, pad_bottom) \
  X(sateen_max_pool2d_attrs, pad_right)  \
  X(sateen_leaky_relu_attrs, alpha)      \
  X(sateen_dropout_attrs, seed)          \
  X(sateen_dropout_attrs, first_element) \
  X(sateen_dropout_attrs, stream)        \
  X(sateen_dropout_attrs, threshold)     \
  X(sateen_dropout_attrs, scale)         \
  X(sateen_dropout_attrs, reserved)      \
  X(sateen_adam_attrs, beta1)            \
  X(sateen_adam_attrs, beta2)            \
  X(sateen_adam_attrs, epsilon)          \
  X(sateen_adam_attrs, reserved)         \
  X(sateen_augment_attrs, seed)          \
  X(sateen_augment_attrs, first_row)     \
  X(sateen_augment_attrs, stream)        \
  X(sateen_augment_attrs, mirror)        \
  X(sateen_augment_attrs, max_shift)     \
  X(sateen_augment_attrs, scale)         \
  X(sateen_augment_attrs, shift)         \
  X(sateen_augment_attrs, reserved)      \
  X(sateen_batch_norm_attrs, epsilon)    \
  X(sateen_batch_norm_attrs, momentum)

/* ---- 6. The table ------------------------------------------------------------------------------------------------ */

/** A backend: facts and functions, none of them NULL. It belongs to the plugin and never changes. */
typedef struct {
  uint32_t struct_size; /**< bytes that the plugin filled in */
  uint32_t abi_major;   /**< SATEEN_ABI_MAJOR that the plugin was built with */
  uint32_t abi_minor;   /**< and its SATEEN_ABI_MINOR */
  uint32_t reserved;    /**< 0 */
  const char* name;     /**< [a-z0-9_]+, the word after --backend; unique, and not "auto" */
  const char* version;  /**< for people */

  /** How many devices there are now. 0 with SATEEN_OK where the backend works and finds none. Fails with DEVICE_ERROR
   * where it can't work here (no driver, no rights); last_error(NULL) says what is missing. Any thread. */
  sateen_status (*device_count)(uint32_t* n);
  /** Fills *io up to io->struct_size. INVALID for an index not below device_count. Any thread. */
  sateen_status (*device_info)(uint32_t index, sateen_device_info* io);
  /** Opens a device. options: "key=value" strings, ended by NULL, or NULL itself; an unknown key or a bad value is
   * INVALID and named. Known to all: "profile=0|1". host: see sateen_host. May take seconds (drivers start up). Any
   * thread. */
  sateen_status (*device_open)(uint32_t index, const char* const* options, const sateen_host* host,
                               sateen_device** out);
  /** Waits for all work and frees the device. NULL is allowed. */
  void (*device_close)(sateen_device* device);
  /** The last failure on this device, or, with NULL, of this thread's last call without a device; event_wait counts
   * among these, since it may run on any thread. Never NULL, "" when there was none. Valid until the next call on the
   * device (or from this thread). */
  const char* (*last_error)(const sateen_device* device);

  /** A buffer of `bytes` > 0, contents undefined. NO_MEMORY leaves the device usable. */
  sateen_status (*buffer_create)(sateen_device* device, uint64_t bytes, sateen_buffer** out);
  /** Safe with work in flight: the bytes go when that work is done. NULL is allowed. */
  void (*buffer_destroy)(sateen_device* device, sateen_buffer* buffer);
  /** Copies n bytes to the device, in order with other work; src may be reused when it returns. n = 0 does nothing. */
  sateen_status (*write)(sateen_device* device, sateen_buffer* dst, uint64_t offset, const void* src, uint64_t n);
  /** Copies n bytes back after all work queued before it, and waits. Reports asynchronous errors (see run). */
  sateen_status (*read)(sateen_device* device, void* dst, const sateen_buffer* src, uint64_t offset, uint64_t n);
  /** The same without waiting: dst belongs to the device until event_wait(*done) has returned OK or an error. */
  sateen_status (*read_async)(sateen_device* device, void* dst, const sateen_buffer* src, uint64_t offset, uint64_t n,
                              sateen_event** done);

  /** An event that is reached when all work queued so far is done. */
  sateen_status (*mark)(sateen_device* device, sateen_event** out);
  /** Waits up to timeout_ns (UINT64_MAX: for ever). OK, TIMEOUT (wait again), or the error that the work ended with. */
  sateen_status (*event_wait)(sateen_event* event, uint64_t timeout_ns);
  /** NULL is allowed. An event of read_async may be destroyed early; its dst then stays the device's until finish. */
  void (*event_destroy)(sateen_event* event);

  /** Judges and compiles a graph; the only statement of what a backend supports.
   * op_supported: NULL, or graph->n_ops bytes that become 1 or 0. out: NULL to judge only.
   * UNSUPPORTED: some operation (an unknown kind, attribute flag, dtype or size among them) can't be done here;
   * last_error names the first, the log has each. INVALID: the graph breaks a rule. Everything that a run needs is
   * allocated here, so a run does not fail for memory. Choices among kernels are made here and never later. The graph
   * may be freed on return. */
  sateen_status (*compile)(sateen_device* device, const sateen_graph* graph, uint8_t* op_supported,
                           sateen_program** out);
  /** Safe with work in flight. NULL is allowed. */
  void (*program_destroy)(sateen_device* device, sateen_program* program);
  /** Submits one pass over the graph and may return before it is done. bound: one binding per EXTERNAL storage, in
   * storage order; n must be their number. INVALID for a missing, short or misaligned binding, before anything ran.
   * An error that shows later is kept and comes out of the next read, event_wait or finish, naming the operation; until
   * the device is closed every further call on it returns that error. */
  sateen_status (*run)(sateen_device* device, sateen_program* program, const sateen_binding* bound, uint32_t n);
  /** Waits for all work. */
  sateen_status (*finish)(sateen_device* device);

  /** A table of further functions by versioned name, or NULL; see part 8. Any thread. */
  const void* (*extension)(const char* name);
} sateen_backend;

/* ---- 7. Entry point ---------------------------------------------------------------------------------------------- */

/** The one symbol of a plugin: C linkage, visible, named sateen_backend_entry. It returns a table that stays valid for
 * the life of the process, or NULL when it can't serve this host version. It may be called more than once, from any
 * thread, and has no side effect. A built-in backend exports the same function under a name of its own. */
typedef const sateen_backend* (*sateen_backend_entry_fn)(uint32_t host_major, uint32_t host_minor);
#define SATEEN_BACKEND_ENTRY_NAME "sateen_backend_entry" /**< for dlsym */

/* ---- 8. Extensions -----------------------------------------------------------------------------------------------
 * What a backend may offer beyond its table. extension(NAME) gives a table of the extension's type that stays valid for
 * the life of the process, or NULL. The rules at the top of this file hold for its functions too. A change that is not
 * growth gets a name with a higher number. */

/** sateen.profile/1: the device time of each operation of a program. Only for a device that was opened with
 * "profile=1"; on another one both functions return INVALID. */
#define SATEEN_PROFILE_1 "sateen.profile/1"

/** One operation, or several that the backend made one. */
typedef struct {
  uint32_t struct_size; /**< in: set by the caller; out: the bytes that were filled in */
  uint32_t reserved;    /**< 0 */
  uint64_t runs;        /**< of the program, since it was compiled */
  uint64_t
      nanoseconds; /**< how long the device worked at it, over all runs; the host's time to submit it is left out */
  /** The operation's, or those of all that were made one: "conv1.forward + leaky_relu1.forward". It belongs to the
   * program, goes with it, and stays the same. */
  const char* name;
} sateen_op_profile;

/** The table of sateen.profile/1. */
typedef struct {
  uint32_t struct_size; /**< bytes that the plugin filled in */
  uint32_t reserved;    /**< 0 */
  /** The number of entries. Each operation of the graph is in one of them, and they are in the order of the operations.
   * The number is fixed when the program is compiled. */
  sateen_status (*count)(sateen_device* device, const sateen_program* program, uint32_t* n);
  /** Waits for all work, reports asynchronous errors, and fills *io up to io->struct_size. INVALID for an index not
   * below count. The device goes on counting. */
  sateen_status (*entry)(sateen_device* device, const sateen_program* program, uint32_t index, sateen_op_profile* io);
} sateen_profile;

/** sateen.remarks/1: why devices that a user might expect are not listed, though others are. Where there is none at
 * all, device_count fails and last_error says it. */
#define SATEEN_REMARKS_1 "sateen.remarks/1"

/** The table of sateen.remarks/1. */
typedef struct {
  uint32_t struct_size; /**< bytes that the plugin filled in */
  uint32_t reserved;    /**< 0 */
  /** *text becomes a line for people a remark, "" where there is none. It stays valid for the life of the process. Any
   * thread. */
  sateen_status (*remarks)(const char** text);
} sateen_remarks;

/** sateen.describe/1: what a bug report needs to know of a device beyond sateen_device_info. A text has lines
 * "key: value", each ended by a newline; a key may come again, and no value has anything private in it. Keys are the
 * backend's own, for people, but for these of an open device, where they fit:
 *   programs_built, programs_loaded  how many programs were compiled, and how many taken from what was kept
 *   gemm                             who computes the products of dense layers, and why
 *   build_log                        a line of what a compiler said */
#define SATEEN_DESCRIBE_1 "sateen.describe/1"

/** The table of sateen.describe/1. */
typedef struct {
  uint32_t struct_size; /**< bytes that the plugin filled in */
  uint32_t reserved;    /**< 0 */
  /** What the device and its driver are: versions, limits, extensions. *text stays valid for the life of the process.
   * INVALID for an index not below device_count. Any thread. */
  sateen_status (*device)(uint32_t index, const char** text);
  /** What an open device was made with and what became of it so far. *text stays valid until the next call on the
   * device. */
  sateen_status (*opened)(sateen_device* device, const char** text);
} sateen_describe;

/** sateen.tuning/1: which variant of its kernels each operation got. A device of a backend that has it takes the option
 * "tune=SECONDS": so much time it may spend, in compile, to measure variants that it knows nothing of. 0, the default,
 * measures nothing; what was learned before (in the host's cache folder) is used; "off" takes no notice of that either,
 * so that the choices are the same everywhere.
 * Choices are text, a line "key = variant" for each operation that there are variants of, each ended by a newline, sorted
 * by key, no key twice, 4096 at most. Keys (kind, shapes, attributes) and variants are the backend's own words: 1 to 200
 * bytes of printable ASCII without a space at an end or " = " within. The same choices on the same device, driver and
 * backend give the same bytes. */
#define SATEEN_TUNING_1 "sateen.tuning/1"

/** The table of sateen.tuning/1. */
typedef struct {
  uint32_t struct_size; /**< bytes that the plugin filled in */
  uint32_t reserved;    /**< 0 */
  /** What was chosen for the programs compiled so far. *text stays valid until the next call on the device. */
  sateen_status (*choices)(sateen_device* device, const char** text);
  /** Programs that are compiled from now on take these choices, where they have the key and nothing was chosen for it
   * yet. A variant that the device does not know, or that options or a check rule out, is passed over: the operation gets
   * the one that is taken unmeasured, and `choices` shows it. INVALID for what is no such text. */
  sateen_status (*pin)(sateen_device* device, const char* choices);
  /** What is known of the variants that were chosen from: lines "key = variant: WHAT" in the order of the keys; WHAT is
   * the nanoseconds of one run, "untimed", or "refused" for one that is never taken. *text stays valid as above. */
  sateen_status (*candidates)(sateen_device* device, const char** text);
} sateen_tuning;

/** sateen.peak/1: what an open device can do at the most, as the backend measures it: the yardstick of benchmarks. */
#define SATEEN_PEAK_1 "sateen.peak/1"

/** What measure found. */
typedef struct {
  uint32_t struct_size;    /**< in: set by the caller; out: the bytes that were filled in */
  uint32_t reserved;       /**< 0 */
  double flops;            /**< f32 operations a second of multiply-adds in registers, each of which is two */
  double bytes_per_second; /**< read and written, of a copy that is larger than the caches */
} sateen_peak_rates;

/** The table of sateen.peak/1. */
typedef struct {
  uint32_t struct_size; /**< bytes that the plugin filled in */
  uint32_t reserved;    /**< 0 */
  /** Waits for all work, keeps the device busy for some tenths of a second, and fills *io up to io->struct_size with
   * the best of several runs, both above 0. Each call measures anew. Needs memory on the device while it lasts. */
  sateen_status (*measure)(sateen_device* device, sateen_peak_rates* io);
} sateen_peak;

/** sateen.stages/1: a pass in stages, so that what its first operations wrote can be read while the rest is under way. */
#define SATEEN_STAGES_1 "sateen.stages/1"

/** The table of sateen.stages/1. */
typedef struct {
  uint32_t struct_size; /**< bytes that the plugin filled in */
  uint32_t reserved;    /**< 0 */
  /** As run, but submits the pass only up to its operation number `ops`, and goes on there at the next call. After it,
   * EXTERNAL storages that the first `ops` operations write have what these wrote; others may be written too, since an
   * operation that was made one with an earlier one may be done early. ops rises from call to call up to the number of
   * the graph's operations, which ends the pass; all calls of a pass have the same bindings. Buffers may be read and
   * written in between. A run of any program ends a pass that was left half-way: the rest of it is never done. */
  sateen_status (*run_until)(sateen_device* device, sateen_program* program, const sateen_binding* bound, uint32_t n,
                             uint32_t ops);
} sateen_stages;

#ifdef __cplusplus
}
#endif

#endif /* SATEEN_BACKEND_H */
