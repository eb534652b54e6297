/**
 * Later in this turn of the loop, after I/O that is already waiting: `setImmediate` where the host has it, else a task.
 *
 * It lets the replies of handlers that suspended gather into one write, and notifications of one turn become one. It
 * never delays a single reply.
 */
export const later: (callback: () => void) => void =
  typeof setImmediate === "function"
    ? (callback) => void setImmediate(callback)
    : (callback) => void setTimeout(callback, 0)
