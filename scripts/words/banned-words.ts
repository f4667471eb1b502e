/** A word that prose must not use. `pattern` is a regular expression without boundaries; a space stands for any white space. */
export type BannedWord = { readonly pattern: string; readonly instead: string }

/** The only list of these words. CONTRIBUTING.md has the rules behind it. */
export const bannedWords: readonly BannedWord[] = [
  { pattern: 'whoever', instead: 'the caller, user, approver, client, model or process' },
  { pattern: '(some|any|every)body', instead: 'a caller, user, approver, client, model or process' },
  { pattern: 'nobody', instead: 'no caller, user, approver, client, model or process' },
  { pattern: 'anew', instead: 'again' },
  { pattern: 'to be had', instead: 'available' },
  { pattern: 'beside', instead: 'next to, in addition to, together with' },
  { pattern: 'in (the )?place of', instead: 'instead of' },
  { pattern: '(?<!there )(is|was) no(?! (longer|more than|less than))', instead: 'is not a, malformed, invalid' },
  { pattern: '(comes?|came|coming) to', instead: 'reaches, results in' },
  { pattern: '(go|goes|going|gone|went) on', instead: 'continues, keeps running, resumes' },
  { pattern: 'for ever', instead: 'forever, indefinitely' },
  { pattern: 'meanwhile', instead: 'until then, at the same time' },
  { pattern: 'chances?', instead: 'randomness, attempt' },
  { pattern: 'processor time', instead: 'CPU time' },
  { pattern: 'has to', instead: 'must' },
  { pattern: 'mend(s|ed|ing)?', instead: 'fix, retry' },
  { pattern: 'any more(?! than)', instead: 'no longer, or leave it out' },
  { pattern: 'once more', instead: 'again' },
  { pattern: '(puts?|putting) out', instead: 'prints, emits' },
  { pattern: '(hands?|handed|handing) over', instead: 'delivers, passes' },
  { pattern: '(hears?|heard|hearing) of', instead: 'receives, is notified of' },
  { pattern: '(is|are|was|were|be|been|being) told', instead: 'receives, is notified' },
  { pattern: 'contracts?', instead: 'the conformance case, e.g. CM-J05, or the reason' },
]

/** Texts that are fixed elsewhere and can contain such a word. */
export const allowedTexts: readonly { readonly text: string; readonly reason: string }[] = []
