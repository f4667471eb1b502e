import type { OperationSecurity } from './operation-security.ts'

/** Maximum number of lines of a report. */
const maxLines = 10

/** Counts the operations that need credentials which are not configured. */
export class MissingReport {
  readonly #byNames = new Map<string, { readonly setting: string; count: number }>()
  #operations = 0

  add({ missing }: OperationSecurity): void {
    this.#operations++
    if (missing === null) return
    const known = this.#byNames.get(missing.names) ?? { setting: missing.setting, count: 0 }
    known.count++
    this.#byNames.set(missing.names, known)
  }

  /** Returns one text for each combination of schemes. */
  texts(document: string): readonly string[] {
    return [...this.#byNames].slice(0, maxLines).map(([names, { setting, count }]) => {
      const head = `OpenAPI document "${document}": ${count} of ${this.#operations} operations need credentials for ${names}`
      return `${head}, which are not configured; set ${setting}`
    })
  }
}
