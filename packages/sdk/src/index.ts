export { collect, concat, fromString } from './bytes.js'
export type {
  Accept,
  Bytes,
  Client,
  ContentNeedsRewritesTrue,
  Context,
  Envelope,
  FieldChoice,
  Filter,
  FilterDefinition,
  FilterPackage,
  HeaderEdit,
  Health,
  Host,
  Judgement,
  Lesson,
  LogFields,
  Message,
  Refusal,
  Rewrite,
  Status,
  Verdict,
} from './contract.js'
export { defineFilter } from './define.js'
export { CandyError, ERROR_CODES, type ErrorCode } from './error.js'
export { declarationProblem, declaresField, type FieldDeclaration } from './field-declaration.js'
export { addHeader, checkEdit, editHeaders, removeHeader } from './header.js'
export { findHeader, type HeaderField, headersEnd, headerValue, parseHeaders } from './header-field.js'
export type { InferOutput, SchemaIssue, SchemaResult, StandardSchemaV1 } from './standard-schema.js'
export { printable } from './text.js'
export { accept, defer, quarantine, reject, rewrite, unscannable } from './verdict.js'
export { editsProblem, MAX_EDITS, type VerdictRights, verdictProblem } from './verdict-problem.js'
