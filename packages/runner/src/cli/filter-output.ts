/** Keeps apart what a command answers and what the code of filters prints. */

/** Sends what filters print to standard error while `act` runs, so that standard output has only the answer. */
export async function withoutFilterOutput<T>(act: () => Promise<T>): Promise<T> {
  const { write } = process.stdout
  process.stdout.write = process.stderr.write.bind(process.stderr)
  try {
    return await act()
  } finally {
    process.stdout.write = write
  }
}
