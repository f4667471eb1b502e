import ts from '@typescript/typescript6'
import type { Completion, Completions, Finding, Hover } from '../../../console/src/playground/types/messages.ts'
import { checkerOptions } from '../../../src/agent/type-check/checker-options.ts'
import { isConcerning } from '../../../src/agent/type-check/concerning-findings.ts'
import { parseModule } from '../../../src/agent/preflight/syntax-tree.ts'
import { ToolOrigins } from '../../../src/agent/preflight/tool-references.ts'
import { cellLibraries, localeLibraries } from '../../../src/declarations/cell-libraries.ts'
import { stripTypes } from './strip-types.ts'

/** The declarations of TypeScript by file name, such as `lib.es5.d.ts`. */
export type Libraries = Readonly<Record<string, string>>

export type ProgramInput = { readonly source: string; readonly declarations: string; readonly hasIntl: boolean }

const libraryFolder = '/lib/'
const toolsFile = '/tools.d.ts'

const maxFindings = 200
const maxTextLength = 2000
const maxCompletions = 500
/** Completions with their types. Each type takes time, so long lists have none. */
const maxTyped = 80
const maxTypeLength = 120

/** Checks and completes programs with the language service of TypeScript. */
export class ProgramService {
  readonly #libraries: Libraries
  readonly #service: ts.LanguageService
  #input: ProgramInput = { source: '', declarations: '', hasIntl: false }
  #file = '/cell.js'
  #version = 0

  constructor(libraries: Libraries) {
    this.#libraries = libraries
    this.#service = ts.createLanguageService(this.#host(), ts.createDocumentRegistry())
  }

  /** Returns the errors of a program, as the checks of the product find them. */
  check(input: ProgramInput): readonly Finding[] {
    this.#use(input)
    const syntactic = this.#file.endsWith('.js') ? [] : this.#service.getSyntacticDiagnostics(this.#file)
    if (syntactic.length > 0) return syntactic.slice(0, maxFindings).map((found) => findingOf(found, 'error'))
    const semantic = this.#service.getSemanticDiagnostics(this.#file).slice(0, maxFindings)
    // The analysis has a time limit, so it begins after the check.
    const isConcerned = this.#concerning()
    return semantic.map((found) => findingOf(found, isConcerned(found) ? 'error' : 'warning'))
  }

  /** Returns the completions at an offset, or null for none. */
  complete(input: ProgramInput, offset: number): Completions | null {
    this.#use(input)
    const found = this.#service.getCompletionsAtPosition(this.#file, offset, { includeCompletionsWithInsertText: true })
    if (found === undefined) return null
    const { entries, isMemberCompletion, isNewIdentifierLocation } = found
    const word = /[\w$]*$/.exec(input.source.slice(0, offset))?.[0] ?? ''
    if (!isMemberCompletion && isNewIdentifierLocation && word === '') return null
    const shown = entries.filter(({ name }) => name.startsWith(word) || !isMemberCompletion).slice(0, maxCompletions)
    const isTyped = isMemberCompletion && shown.length <= maxTyped
    const start = found.optionalReplacementSpan?.start ?? offset - word.length
    return { start, end: offset, entries: shown.map((entry) => this.#completion(entry, offset, isTyped)) }
  }

  /** Returns the type of the name at an offset, or null. */
  hover(input: ProgramInput, offset: number): Hover | null {
    this.#use(input)
    const info = this.#service.getQuickInfoAtPosition(this.#file, offset)
    if (info === undefined) return null
    const { start, length } = info.textSpan
    const documentation = ts.displayPartsToString(info.documentation).slice(0, maxTextLength)
    return { start, end: start + length, type: ts.displayPartsToString(info.displayParts), documentation }
  }

  #completion(entry: ts.CompletionEntry, offset: number, isTyped: boolean): Completion {
    const { name, kind, insertText = name } = entry
    return { name, kind, insert: insertText, type: isTyped ? this.#typeOf(name, offset) : '' }
  }

  #typeOf(name: string, offset: number): string {
    const details = this.#service.getCompletionEntryDetails(this.#file, offset, name, {}, undefined, {}, undefined)
    // A method is shown as `(method) name(args): result`, and other members as `(property) name: type`.
    const whole = ts.displayPartsToString(details?.displayParts).replace(/\s+/g, ' ')
    const at = whole.indexOf(name)
    const type = at === -1 ? whole : whole.slice(at + name.length).replace(/^: /, '')
    return type.length > maxTypeLength ? `${type.slice(0, maxTypeLength)}…` : type
  }

  /** Returns whether a finding is one of those that the product reports to the model. */
  #concerning(): (found: ts.Diagnostic) => boolean {
    const { source } = this.#input
    const stripped = parseModule(source) === null ? stripTypes(source) : null
    const program = parseModule(stripped?.type === 'stripped' ? stripped.source : source)
    if (program === null) return () => true
    const origins = new ToolOrigins(program)
    return (found) => {
      const { code, start = 0, length = 0, messageText } = found
      const text = ts.flattenDiagnosticMessageText(messageText, '\n')
      const isOfUnion = typeof messageText !== 'string' && (messageText.next?.length ?? 0) > 0
      return isConcerning({ code, start, end: start + length, text: firstLine(text), isOfUnion }, source, origins)
    }
  }

  #use(input: ProgramInput): void {
    const { source, declarations, hasIntl } = this.#input
    if (input.source === source && input.declarations === declarations && input.hasIntl === hasIntl) return
    this.#input = input
    this.#file = parseModule(input.source) === null ? '/cell.ts' : '/cell.js'
    this.#version++
  }

  #host(): ts.LanguageServiceHost {
    return {
      getCompilationSettings: () => this.#options(),
      getScriptFileNames: () => [toolsFile, this.#file],
      getScriptVersion: (name) => (name.startsWith(libraryFolder) ? `${this.#input.hasIntl}` : `${this.#version}`),
      getScriptSnapshot: (name) => {
        const text = this.#textOf(name)
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
      },
      getCurrentDirectory: () => '/',
      getDefaultLibFileName: () => `${libraryFolder}lib.d.ts`,
      fileExists: (name) => this.#textOf(name) !== undefined,
      readFile: (name) => this.#textOf(name),
      directoryExists: () => false,
      getDirectories: () => [],
    }
  }

  #options(): ts.CompilerOptions {
    const names = this.#input.hasIntl ? [...cellLibraries, ...localeLibraries] : cellLibraries
    return {
      ...checkerOptions,
      types: [],
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
      lib: names.map((name) => `lib.${name}.d.ts`),
    }
  }

  #textOf(name: string): string | undefined {
    if (name === toolsFile) return this.#input.declarations
    if (name === this.#file) return this.#input.source
    if (!name.startsWith(libraryFolder)) return undefined
    const file = name.slice(libraryFolder.length)
    const text = Object.hasOwn(this.#libraries, file) ? this.#libraries[file] : undefined
    return this.#input.hasIntl ? text : text?.replace(localeConstructors, '')
  }
}

/** The values of the namespace `Intl`, whose types remain for the signatures of other methods. */
const localeConstructors =
  /^ {4}(?:var|const) (?:Collator|NumberFormat|DateTimeFormat|PluralRules|RelativeTimeFormat|Locale|DisplayNames): .*$/gm

function findingOf({ start = 0, length = 0, messageText }: ts.Diagnostic, severity: Finding['severity']): Finding {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n').slice(0, maxTextLength)
  return { start, end: start + length, text, severity }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
