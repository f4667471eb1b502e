import { describe } from 'vitest'
import { describeDecisions } from './decision-behaviors.ts'
import { storedPlaces } from './stored-places.ts'

describe('the decision of another process, in a folder,', () => describeDecisions(storedPlaces['a folder']))
