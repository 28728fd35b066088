/**
 * A signal that aborts after a time. `AbortSignal.timeout` must not be used within
 * `AbortSignal.any`: Node keeps neither alive, so after a garbage collection it never aborts.
 */
export function timeLimit(seconds: number): AbortSignal {
  const controller = new AbortController();
  // The timer holds the controller. A process with nothing else to do does not wait for it.
  setTimeout(() => controller.abort(new DOMException("the time is over", "TimeoutError")), 1000 * seconds).unref();
  return controller.signal;
}
