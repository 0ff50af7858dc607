// When and how a customer wants to hear from us, and their yes or no to messages: as it stands, and as it was said.
import { post } from './api.js';
import { act, acts, block, facts, rows } from './blocks.js';
import { Unfit, openDeed } from './deed.js';
import { h } from './dom.js';
import { dateField, field, select, tick, ticks } from './fields.js';
import { CHANNELS, plain } from './phrases.js';
import { agoTime, date } from './time.js';

const MEDIA = { sms: 'SMS', whatsapp: 'WhatsApp', email: 'E-mail', call: 'Calls', letter: 'Letters' };
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const KINDS = { refused: 'Never by', welcome: 'Welcome by', hours: 'Only at these hours', days: 'Only on these days', quiet_until: 'Nothing before', language: 'In this language', tone: 'Spoken to' };
const TONES = [['friendly', 'By first name, friendly'], ['formal', 'Formally'], ['family', 'As a household']];
const LANGUAGES = [['en', 'English'], ['es', 'Spanish'], ['pt', 'Portuguese']];

/** The block of wishes. */
export function wishes(whole, own, changed) {
  const now = own.wishes;
  const may = own.may.unlock;
  const stands = [
    ['Never by', names(now.refused)], ['Welcome by', names(now.welcome)], ['Hours', now.hours ? hours(now.hours) : null],
    ['Days', now.days ? now.days.map((day) => DAYS[day].slice(0, 3)).join(', ') : null],
    ['Nothing before', now.quiet_until ? date(now.quiet_until) : null], ['Language', now.language ? language(now.language) : null],
    ['Spoken to', TONES.find(([known]) => known === now.tone)?.[1] ?? null],
  ];
  const any = now.history.length || now.tone;
  if (!any && !may) return null;
  return block('How they want to hear from us', null,
    any ? facts(stands) : h('p', { class: 'calm' }, 'They have said nothing about it.'),
    acts(may ? act('wish', 'Write down a wish', () => wish(whole, changed)) : null),
    now.history.length ? h('details', { 'data-key': 'wishes' }, h('summary', {}, 'As it was said'), rows(now.history.map((one) => [spoken(one), agoTime(one.at)]))) : null);
}

/** The block of consents for the number on file. */
export function consented(whole, own, changed) {
  const given = own.person?.consents ?? [];
  if (!given.length) return null;
  const word = (one) => (one.granted === null ? 'Nothing said' : one.granted ? 'Yes' : 'No');
  const ask = (one, granted) => act(`consent-${one.channel}`, granted ? 'They say yes' : 'They say no', () => consent(whole, one, granted, changed),
    `${granted ? 'Yes' : 'No'} to ${CHANNELS[one.channel]}`);
  return block('Yes or no to messages', null, h('ul', { class: 'held' }, given.map((one) => h('li', {},
    h('p', { class: 'held-top' }, h('strong', {}, CHANNELS[one.channel] ?? one.channel), h('span', {}, word(one))),
    own.may.unlock && whole.identity === 'verified' ? acts(ask(one, one.granted === false)) : null,
    one.history.length ? h('details', { 'data-key': `consent-of-${one.channel}` }, h('summary', {}, 'As it was said'), rows(one.history.map((each) => [
      `${each.granted ? 'Yes' : 'No'} · ${each.by ?? plain(each.source)}`, agoTime(each.at), each.detail]))) : null))));
}

function wish(whole, changed) {
  const kind = select(Object.entries(KINDS));
  const medium = select(Object.entries(MEDIA));
  const from = h('input', { type: 'time', value: '09:00' });
  const to = h('input', { type: 'time', value: '18:00' });
  const until = dateField({});
  const tongue = select(LANGUAGES);
  const manner = select(TONES);
  const chosen = DAYS.map((name) => tick(name));
  const days = ticks('Days', chosen.map(({ row }) => row));
  const by = field('By', medium);
  const first = field('From', from);
  const last = field('To', to);
  const day = field('Nothing before', until);
  const words = field('Language', tongue);
  const tone = field('How', manner);
  openDeed({
    title: 'What do they wish?',
    fields: [field('Wish', kind), by, first, last, days, day, words, tone],
    outcome() {
      by.hidden = !['refused', 'welcome'].includes(kind.value);
      first.hidden = last.hidden = kind.value !== 'hours';
      days.hidden = kind.value !== 'days';
      day.hidden = kind.value !== 'quiet_until';
      words.hidden = kind.value !== 'language';
      tone.hidden = kind.value !== 'tone';
      return ['It binds at once, by their own clock. Answers to what they write still go out.'];
    },
    acts: [{ word: 'Write down', act: async () => {
      const minutes = (box) => {
        const [hour, minute] = box.value.split(':').map(Number);
        if (!box.value) throw new Unfit('Please choose a time.', box);
        return hour * 60 + minute;
      };
      const body = { kind: kind.value };
      if (!by.hidden) body.medium = medium.value;
      if (!first.hidden) Object.assign(body, { start: minutes(from), end: minutes(to) });
      if (!days.hidden) body.days = DAYS.map((_, place) => place).filter((place) => chosen[place].box.checked);
      if (!day.hidden) body.until = until.value || null;
      if (!words.hidden) body.language = tongue.value;
      if (!tone.hidden) body.tone = manner.value;
      await post(`conversations/${whole.id}/preferences`, body);
      return 'Written down. It binds from now on.';
    } }],
    done: changed,
  });
}

function consent(whole, one, granted, changed) {
  const channel = CHANNELS[one.channel] ?? one.channel;
  openDeed({
    title: granted ? `They say yes to ${channel}?` : `They say no to ${channel}?`,
    lead: 'Only on their own word.',
    fields: [],
    outcome: () => [granted ? 'We may write to them there again.' : 'We begin nothing there any more. What they write still gets its answer.'],
    acts: [{ word: granted ? 'They say yes' : 'They say no', act: async () => {
      await post(`conversations/${whole.id}/consents`, { channel: one.channel, granted });
      return 'Written down.';
    } }],
    done: changed,
  });
}

const names = (media) => media.map((medium) => MEDIA[medium] ?? plain(medium)).join(', ');
const language = (code) => LANGUAGES.find(([known]) => known === code)?.[1] ?? code;
const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const hours = ([start, end]) => `${clock(start)} to ${clock(end)}`;

function spoken({ kind, medium, value }) {
  const what = {
    refused: () => (medium ? MEDIA[medium] ?? plain(medium) : 'any way'), welcome: () => (medium ? MEDIA[medium] ?? plain(medium) : 'any way'),
    hours: () => hours([value.start, value.end]), days: () => value.days.map((day) => DAYS[day]).join(', '),
    quiet_until: () => date(value.until), language: () => language(value.language),
  }[kind];
  return `${KINDS[kind] ?? plain(kind)}${what ? `: ${what()}` : ''}`;
}
