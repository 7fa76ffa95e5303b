import { describe, expect, it } from 'vitest'
import { dispose, type Standing } from '../../src/core/disposition.ts'
import type { Disposition, Reason } from '../../src/core/model.ts'
import { REVIEW } from './fixtures.ts'

const CALM: Standing = { autonomy: 'autonomous', ruled: false, failed: false, escalated: false, regret: 0 }

describe('the disposition', () => {
  it.each<[Partial<Standing>, Disposition, Reason[]]>([
    [{}, 'act', ['autonomous']],
    [{ autonomy: 'supervised' }, 'act', ['supervised']],
    [{ autonomy: 'copilot' }, 'suggest', ['copilot']],
    [{ autonomy: 'off_limits' }, 'escalate', ['people_only']],
    [{ autonomy: null }, 'escalate', ['no_permitted_action']],
    [{ failed: true }, 'escalate', ['rule_error']],
    [{ escalated: true }, 'escalate', ['rule']],
    [{ regret: REVIEW.cost }, 'act', ['autonomous']],
    [{ regret: REVIEW.cost + 1e-9 }, 'escalate', ['uncertain']],
    [{ regret: 50, autonomy: 'supervised' }, 'escalate', ['uncertain']],
    [{ regret: 50, autonomy: 'copilot' }, 'escalate', ['uncertain', 'copilot']],
    [{ autonomy: null, failed: true, escalated: true }, 'escalate', ['no_permitted_action', 'rule_error', 'rule']],
    [
      { autonomy: 'off_limits', failed: true, escalated: true, regret: 50 },
      'escalate',
      ['rule_error', 'rule', 'people_only', 'uncertain'],
    ],
    [{ ruled: true }, 'act', ['decided_by_person']],
    [{ ruled: true, autonomy: 'copilot' }, 'act', ['decided_by_person']],
    [{ ruled: true, failed: true, escalated: true, regret: 50 }, 'act', ['decided_by_person']],
    [{ ruled: true, autonomy: 'off_limits', regret: 50 }, 'escalate', ['people_only', 'decided_by_person']],
  ])('of %o is %s', (standing, disposition, reasons) => {
    expect(dispose({ ...CALM, ...standing }, REVIEW, 0.5)).toEqual({ disposition, reasons })
  })

  it('of a supervised action is to review it when the draw falls below the rate', () => {
    const supervised: Standing = { ...CALM, autonomy: 'supervised' }
    expect(dispose(supervised, REVIEW, 0.0999)).toEqual({ disposition: 'act_and_review', reasons: ['sampled'] })
    expect(dispose(supervised, REVIEW, 0.1)).toEqual({ disposition: 'act', reasons: ['supervised'] })
    expect(dispose(supervised, { ...REVIEW, sampleRate: 0 }, 0).disposition).toBe('act')
    expect(dispose(CALM, REVIEW, 0).disposition).toBe('act')
    expect(dispose({ ...supervised, ruled: true }, REVIEW, 0).disposition).toBe('act')
  })
})
