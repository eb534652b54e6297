/**
 * Later in this turn of the loop, after I/O that is already waiting: `setImmediate` where the host has it, else a task.
 *
 * Used only to let the replies of handlers that suspended gather into one write. It never delays a single reply.
 */
export const later: (callback: () => void) => void =
  typeof setImmediate === "function"
    ? (callback) => void setImmediate(callback)
    : (callback) => void setTimeout(callback, 0)
