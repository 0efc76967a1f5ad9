import { describe, expect, it } from 'vitest';
import { Generation } from '../../../../../adapters/mysql2/pool/generation.ts';

describe('Generation', () => {
  it('tells connections that were made before the server went away from those made after, each time', () => {
    const generation = new Generation();
    const madeBefore = generation.number;
    generation.invalidate();
    expect(madeBefore).toBeLessThan(generation.number);
    const madeBetween = generation.number;
    generation.invalidate();
    expect(madeBetween).toBeLessThan(generation.number);
  });

  it('tells connections that answered before a sibling died from those that answered after', () => {
    const generation = new Generation();
    const provenBefore = generation.losses;
    generation.suspectSiblings();
    expect(provenBefore).toBeLessThan(generation.losses);
  });

  it('replaces nothing because one connection died, and suspects nothing because all are replaced', () => {
    const generation = new Generation();
    const { number } = generation;
    generation.suspectSiblings();
    expect(generation.number).toBe(number);
    const { losses } = generation;
    generation.invalidate();
    expect(generation.losses).toBe(losses);
  });
});
