/** The colours of the report, on light and on dark: a test computes their contrast (WCAG 2.2, 1.4.3 and 1.4.11). */

export interface Palette {
  /** The background of the page. */
  readonly paper: string
  /** Text, and text that is less important. */
  readonly ink: string
  readonly soft: string
  /** Lines of tables and charts. */
  readonly rule: string
  /** One colour for each outcome. */
  readonly accept: string
  readonly refuse: string
  readonly quarantine: string
  readonly discard: string
  readonly defer: string
  /** Cells with few and with many messages, and the text in them. */
  readonly heat: readonly (readonly [cell: string, text: string])[]
}

export const LIGHT: Palette = {
  paper: '#ffffff',
  ink: '#1b1f24',
  soft: '#57606a',
  rule: '#d8dee4',
  accept: '#4a7fb0',
  refuse: '#b3372c',
  quarantine: '#b7791f',
  discard: '#7a5bb0',
  defer: '#6b7480',
  heat: [
    ['#edf3f8', '#1b1f24'],
    ['#d3e2ee', '#1b1f24'],
    ['#afcae0', '#1b1f24'],
    ['#7fa9cb', '#1b1f24'],
    ['#3a6c9a', '#ffffff'],
  ],
}

export const DARK: Palette = {
  paper: '#14181d',
  ink: '#e6e9ed',
  soft: '#9aa5b1',
  rule: '#2f363e',
  accept: '#5f97c7',
  refuse: '#ec6f63',
  quarantine: '#dba24a',
  discard: '#b093e0',
  defer: '#8d98a5',
  heat: [
    ['#1b2530', '#e6e9ed'],
    ['#20354a', '#e6e9ed'],
    ['#294e70', '#e6e9ed'],
    ['#6d9cc4', '#14181d'],
    ['#a9cbe6', '#14181d'],
  ],
}
