/** Why Postfix could not be set up or taken care of: what happened, and what to do. */
export class PostfixError extends Error {
  readonly code = 'POSTFIX'
}
