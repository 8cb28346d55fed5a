/**
 * Puts candy into Postfix's lists of milters. candy is in a list as `$candy_milter`, a parameter of main.cf that candy adds and that
 * is empty there. So the list stays the operator's, and only a service that gives the parameter a value with `-o` has candy as a
 * milter (postconf(5), smtpd_milters, non_smtpd_milters; MILTER_README).
 *
 * candy comes first, because a milter that signs must see what candy has changed; a list does not say which milter signs. The operator
 * may move the word, and it is left where it is.
 */
import { addParameters, parametersIn, prependTo, readValue, withoutWord } from './main-cf.js'

/** The parameter by which a service has candy as a milter. */
export const MILTER = 'candy_milter'

/** How a list names candy. */
export const MILTER_WORD: string = `$${MILTER}`

/** The lists of main.cf: for mail that smtpd(8) receives, and for other mail. */
export const MILTER_LISTS = ['smtpd_milters', 'non_smtpd_milters'] as const

/** Adds the parameter to the text of main.cf, and its name to each list that does not name it yet. */
export function withMilter(main: string): string {
  return MILTER_LISTS.reduce(
    (text, list) => (namesMilter(text, readValue(text, list) ?? '') ? text : prependTo(text, list, MILTER_WORD)),
    addParameters(main, [{ name: MILTER, value: '' }]),
  )
}

/** Removes the word from all lists of main.cf, wherever it stands by now. The parameter itself stays. */
export function withoutMilter(main: string): string {
  return [...new Set(parametersIn(main))].reduce((text, name) => withoutWord(text, name, MILTER_WORD), main)
}

/**
 * Whether a value has candy's word, itself or by a parameter of main.cf that it names: many sites have
 * `non_smtpd_milters = $smtpd_milters`.
 */
export function namesMilter(main: string, value: string, seen: readonly string[] = []): boolean {
  return [...value.matchAll(/\$[{(]?(\w+)/g)].some(([, name = '']) => {
    if (name === MILTER) return true
    if (seen.includes(name)) return false
    return namesMilter(main, readValue(main, name) ?? '', [...seen, name])
  })
}

/** A list of master.cf with candy first; the same where it has candy already, by a parameter of main.cf for instance. */
export function withMilterWord(main: string, list: string): string {
  // By then the lists of main.cf have the word.
  if (namesMilter(withMilter(main), list)) return list
  return list === '' ? MILTER_WORD : `${MILTER_WORD},${list}`
}

/** The list without candy's word; the same list where it has none. */
export function withoutMilterWord(list: string): string {
  const rest = list.replace(/\$candy_milter(?!\w),?/, '')
  return rest === list ? list : rest.replace(/[\s,]+$/, '').trimStart()
}

/** The milters of a list, one string each. A milter with settings of its own is in braces. */
export function miltersIn(list: string): readonly string[] {
  return list.match(/\{[^}]*\}|[^\s,{}]+/g) ?? []
}
