/**
 * A pipe(8) transport as a site writes it by hand for a filter of its own (FILTER_README, "Simple content filter example"). These
 * lines do not come from the runner, since what is tested and measured with them is Postfix without candy.
 */

/** Lines for master.cf and the main.cf parameters that belong to them. */
export interface Services {
  readonly master: string
  readonly main?: Readonly<Record<string, string>>
}

/**
 * The transport `filter`, for `content_filter = filter:dummy`. `argv` are the command and its arguments; pipe(8) knows macros such as
 * `${sender}`, and no shell. `R` writes a Return-Path, `q` quotes addresses; an empty null_sender keeps `<>` null.
 */
export function pipeTransport(argv: readonly string[]): Services {
  const master = `filter unix - n n - 10 pipe
  flags=Rq user=candy null_sender=
  argv=${argv.join(' ')}
`
  return { master, main: { filter_time_limit: '60s' } }
}
