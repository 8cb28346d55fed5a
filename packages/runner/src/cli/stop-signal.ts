/** Ends a command that changes Postfix in such a way that its change is undone first. */

/**
 * A signal that aborts when this process gets SIGINT, SIGTERM or SIGHUP, so that the change is undone before the process ends.
 * The listeners are never removed: while execa runs one of Postfix's commands it listens for these signals too, and ends this
 * process if it has no other listener (one added with once() would be removed before). execa also ends the command that it runs
 * (its option `cleanup`), which is right, since nobody waits for that any more.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort())
  return controller.signal
}
