import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import { bracketMatching, indentOnInput } from '@codemirror/language'
import { lintGutter, lintKeymap } from '@codemirror/lint'
import { EditorState, StateEffect, StateField, type Extension } from '@codemirror/state'
import {
  Decoration,
  EditorView,
  drawSelection,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  type DecorationSet,
} from '@codemirror/view'
import type { Location } from '../backend/backend.ts'
import { editorTheme } from './editor-theme.ts'
import { checkAgain } from './type-support.ts'

/** The editor of the page. */
export type ProgramEditor = {
  readonly source: () => string
  readonly setSource: (source: string) => void
  /** Marks a line, and moves the cursor there. */
  readonly goTo: (location: Location) => void
  /** Checks the program again, because the declarations changed. */
  readonly check: () => void
  readonly close: () => void
}

export type EditorOptions = {
  readonly source: string
  readonly extensions: Extension
  readonly onChange: (source: string) => void
  readonly onRun: () => void
}

const markLine = StateEffect.define<number | null>()
const lineMark = Decoration.line({ class: 'cm-marked-line' })

const markedLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, { effects, changes, docChanged }) {
    let next = docChanged ? marks.map(changes) : marks
    for (const effect of effects) {
      if (effect.is(markLine))
        next = effect.value === null ? Decoration.none : Decoration.set(lineMark.range(effect.value))
    }
    return next
  },
  provide: (field) => EditorView.decorations.from(field),
})

/**
 * Creates the editor in a shadow root of an element. There its styles are style sheets of the root, so the page needs no inline styles.
 * The key Tab leaves the editor; Ctrl+] and Ctrl+[ indent.
 */
export function createEditor(parent: HTMLElement, options: EditorOptions): ProgramEditor {
  const root = parent.shadowRoot ?? parent.attachShadow({ mode: 'open' })
  const run = (): boolean => {
    options.onRun()
    return true
  }
  const view = new EditorView({
    root,
    parent: root,
    doc: options.source,
    extensions: [
      keymap.of([{ key: 'Mod-Enter', run }]),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...defaultKeymap, ...historyKeymap]),
      lineNumbers(),
      lintGutter(),
      history(),
      highlightSpecialChars(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      markedLine,
      javascript({ typescript: true }),
      EditorState.tabSize.of(2),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': 'Program' }),
      EditorView.updateListener.of(({ docChanged, state }) => {
        if (docChanged) options.onChange(state.doc.toString())
      }),
      editorTheme,
      options.extensions,
    ],
  })
  return {
    source: () => view.state.doc.toString(),
    setSource(source) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: source }, effects: markLine.of(null) })
    },
    goTo({ line, column }) {
      const { doc } = view.state
      const found = doc.line(Math.min(Math.max(1, line), doc.lines))
      const at = Math.min(found.to, found.from + Math.max(0, column - 1))
      const effects = [markLine.of(found.from), EditorView.scrollIntoView(at, { y: 'center' })]
      view.dispatch({ selection: { anchor: at }, effects })
      view.focus()
    },
    check: () => view.dispatch({ effects: checkAgain.of(null) }),
    close: () => view.destroy(),
  }
}
