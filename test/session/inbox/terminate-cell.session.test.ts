import { describe } from 'vitest'
import { storedPlaces } from './stored-places.ts'
import { describeTerminations } from './termination-behaviors.ts'

describe('the termination by another process, in a folder,', () => describeTerminations(storedPlaces['a folder']))
