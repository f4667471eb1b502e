/** The script of the prelude, which the build inserts: web platforms have no files. */
declare const codecellQuickJsPrelude: string

export function loadQuickJsPrelude(): string {
  return codecellQuickJsPrelude
}
