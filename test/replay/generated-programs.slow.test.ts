import { test } from 'vitest'
import { expectEditedSame, expectReplaysSame } from './generated-programs.ts'

test('replayBundle() replays sessions of generated programs', () => expectReplaysSame(100))

test('runEdited() repeats generated programs that were not edited', () => expectEditedSame(100))
