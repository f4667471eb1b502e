import type { App } from '../app-state.ts'
import type { Model } from '../data/model.ts'

export type ConversationProps = { readonly model: Model; readonly app: App }

export type RowProps = ConversationProps & {
  /** The keys of the rows whose text is expanded, which rows out of sight keep. */
  readonly open: Set<string>
}
