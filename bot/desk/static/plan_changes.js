// Changes of a plan in force: another day, a pause, its end. The new dates are shown before they count.
import { get, post } from './api.js';
import { instalments } from './blocks.js';
import { Unfit, begin, openDeed, press } from './deed.js';
import { h } from './dom.js';
import { dateField, dayIn, field, select, tick, wordsField } from './fields.js';
import { date } from './time.js';

/** Move an instalment or pause: what is asked for is tried first, and its dates are shown. */
export const changePlan = (whole, done) => begin(async () => {
  const found = await get(`conversations/${whole.id}/plan`);
  if (!found.plan) throw new Error('no plan is in force');
  change(whole, found, done);
});

function change(whole, found, done) {
  const { plan } = found;
  const what = select([
    ...(plan.moves_left ? [['move', `Another day (${plan.moves_left} of these left)`]] : []), ...(plan.pauses_left ? [['pause', 'A pause']] : []),
  ]);
  const which = select(plan.ahead.map((part) => [String(part.number), `${date(part.due_on)} · ${part.amount.text}`]));
  const to = dateField({ value: plan.ahead[0].due_on, min: found.today });
  const following = tick('Those after it, too');
  const days = h('input', { type: 'number', min: 1, max: plan.pause_days, value: plan.pause_days, inputmode: 'numeric' });
  const moving = h('div', {}, field('Instalment', which), field('New day', to, `Up to ${plan.move_days} days away.`), following.row);
  const pausing = field('Days', days, `${plan.pause_days} at most. Everything unpaid moves in whole periods, so that it stays on their pay days.`);
  if (!what.options.length) {
    openDeed({
      title: 'Change the plan',
      lead: 'This plan was moved and paused as often as it may be. Agree new terms for what is left instead.',
      fields: [], acts: [], done,
    });
    return;
  }
  which.addEventListener('change', () => { to.value = plan.ahead.find((part) => String(part.number) === which.value).due_on; });
  openDeed({
    title: 'Change the plan',
    fields: [field('What', what), moving, pausing],
    outcome() {
      moving.hidden = what.value !== 'move';
      pausing.hidden = what.value !== 'pause';
      return ['Nothing changes yet. You see the new dates first.'];
    },
    acts: [{ word: 'Show the dates', act: async () => {
      if (what.value === 'pause' && (!days.value || !days.checkValidity())) throw new Unfit(`A pause is for 1 to ${plan.pause_days} days.`, days);
      const asked = what.value === 'pause' ? { pause: Number(days.value) } : { number: Number(which.value), to: dayIn(to), following: following.box.checked };
      const tried = await post(`conversations/${whole.id}/plans/${plan.id}/trial`, asked);
      confirm(whole, plan, asked, tried.instalments, done, () => change(whole, found, done));
    } }],
    done,
  });
}

function confirm(whole, plan, asked, parts, done, back) {
  openDeed({
    title: 'The dates would be',
    fields: [h('div', { class: 'scroll-box', tabindex: '0', role: 'group', 'aria-label': 'Instalments' }, instalments(parts, date))],
    outcome: () => [`From now on these count, and they are repeated to the customer in ${whole.language}.`],
    acts: [{ word: asked.pause ? 'Pause the plan' : 'Change the dates', act: async () => {
      await post(`conversations/${whole.id}/plans/${plan.id}/change`, { client_id: press(), ...asked });
      return 'Changed. The conversation shows the new dates.';
    } }],
    back,
    done,
  });
}

/** End it before its time. */
export const endPlan = (whole, done) => begin(async () => {
  const { plan } = await get(`conversations/${whole.id}/plan`);
  const why = wordsField();
  openDeed({
    title: 'End the plan',
    fields: [field('Why, for whoever looks at this later', why)],
    outcome: () => [
      `What they paid stays paid; ${plan.left.text} of it is open again.`, 'Automatic payments end with it. They are told so in the conversation.',
    ],
    acts: [{ word: 'End the plan', act: async () => {
      await post(`conversations/${whole.id}/plans/${plan.id}/end`, { client_id: press(), reason: why.value });
      return 'Ended. They have been told.';
    } }],
    done,
  });
});
