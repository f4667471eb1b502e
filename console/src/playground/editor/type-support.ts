import { autocompletion, type Completion as MenuItem, type CompletionSource } from '@codemirror/autocomplete'
import { linter, type Diagnostic } from '@codemirror/lint'
import { StateEffect, type Extension } from '@codemirror/state'
import { hoverTooltip, type EditorView } from '@codemirror/view'
import type { Completion, Finding, Hover } from '../types/messages.ts'
import type { TypeClient, TypeContext } from '../types/type-client.ts'

/** The parts of the page that the editor asks about a program. */
export type TypeSupport = {
  readonly client: TypeClient
  /** The declarations of the chosen tools. */
  readonly context: () => Omit<TypeContext, 'source'>
  /** The description of a tool by its identifier, or null. */
  readonly describe: (identifier: string) => string | null
  readonly onFindings: (findings: readonly Finding[] | null) => void
}

/** The time without a change after which a program is checked, in milliseconds. */
const delayMs = 350

const maxDescription = 1500

/** Checks the program again, because the declarations changed. */
export const checkAgain = StateEffect.define()

/** Errors, completion and types of the names under the pointer. */
export function typeSupport(support: TypeSupport): Extension {
  return [
    linter((view) => findProblems(view, support), {
      delay: delayMs,
      needsRefresh: ({ transactions }) =>
        transactions.some(({ effects }) => effects.some((effect) => effect.is(checkAgain))),
    }),
    autocompletion({ override: [completionsOf(support)], icons: false }),
    hoverTooltip(async (view, offset) => {
      const hover = await support.client.request('hover', contextOf(view, support), offset)
      return hover === null
        ? null
        : { pos: hover.start, end: hover.end, create: () => ({ dom: hoverElement(hover, support) }) }
    }),
  ]
}

function contextOf(view: EditorView, support: TypeSupport): TypeContext {
  return { ...support.context(), source: view.state.doc.toString() }
}

async function findProblems(view: EditorView, support: TypeSupport): Promise<readonly Diagnostic[]> {
  const context = contextOf(view, support)
  const findings = await support.client.request('check', context)
  if (view.state.doc.toString() !== context.source) return []
  support.onFindings(findings)
  const { length } = view.state.doc
  return (findings ?? []).map(({ start, end, text, severity }) => ({
    from: Math.min(start, length),
    to: Math.min(end, length),
    severity,
    message: text,
  }))
}

function completionsOf(support: TypeSupport): CompletionSource {
  return async ({ state, pos, explicit }) => {
    const before = state.sliceDoc(Math.max(0, pos - 100), pos)
    if (!explicit && !/[\w$.]$/.test(before)) return null
    const context = { ...support.context(), source: state.doc.toString() }
    const found = await support.client.request('complete', context, pos)
    if (found === null || found.entries.length === 0) return null
    const isOfTools = /\btools\s*\??\.\s*[\w$]*$/.test(before)
    const options = found.entries.map((entry, index) =>
      menuItem(entry, index, isOfTools ? support.describe : () => null),
    )
    return { from: found.start, options, validFor: /^[\w$]*$/ }
  }
}

function menuItem(entry: Completion, index: number, describe: TypeSupport['describe']): MenuItem {
  const { name, kind, type, insert } = entry
  const description = describe(name)
  return {
    label: name,
    apply: insert,
    detail: type,
    type: kind,
    // TypeScript sorts by relevance.
    boost: -Math.min(index, 99),
    ...(description === null ? {} : { info: () => textElement('div', description.slice(0, maxDescription)) }),
  }
}

function hoverElement({ type, documentation }: Hover, { describe }: TypeSupport): HTMLElement {
  const element = textElement('div', '')
  element.className = 'cm-hovered'
  element.append(textElement('code', type))
  const tool = /^\(method\) ([\w$]+)\(/.exec(type)?.[1]
  const description = documentation === '' && tool !== undefined ? (describe(tool) ?? '') : documentation
  if (description !== '') element.append(textElement('div', `\n${description.slice(0, maxDescription)}`))
  return element
}

function textElement(name: string, text: string): HTMLElement {
  const element = document.createElement(name)
  element.textContent = text
  return element
}
