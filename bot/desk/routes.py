"""The router that the app mounts: `router`, every page and call of the desk."""

from __future__ import annotations

from fastapi import APIRouter

from bot.desk.audit_routes import router as audit_log
from bot.desk.customer import calls_routes
from bot.desk.customer.case_pages import router as case_pages
from bot.desk.customer.hold_routes import router as holds
from bot.desk.customer.money_routes import router as money
from bot.desk.customer.pay_link_routes import router as pay_links
from bot.desk.customer.plan_routes import router as plans
from bot.desk.customer.profile_routes import router as profiles
from bot.desk.customer.rights_routes import router as rights
from bot.desk.door.me_routes import router as me
from bot.desk.door.session_routes import router as sessions
from bot.desk.door.sso_routes import router as single_sign_on
from bot.desk.events import router as events
from bot.desk.insights.routes import router as insights
from bot.desk.learning.routes import router as learning
from bot.desk.outreach.pause_routes import router as outreach_pauses
from bot.desk.outreach.routes import router as outreach
from bot.desk.pages import files
from bot.desk.pages import router as pages
from bot.desk.queue.follow_up_routes import router as follow_ups
from bot.desk.queue.offer_routes import router as offers
from bot.desk.queue.overview_routes import router as overview
from bot.desk.queue.presence_routes import router as presence
from bot.desk.queue.queue_routes import router as queue
from bot.desk.queue.search_routes import router as search
from bot.desk.team_routes import router as team
from bot.desk.thread.attachments import routes as attachments
from bot.desk.thread.canned_routes import router as canned_answers
from bot.desk.thread.conversation_routes import api as conversations
from bot.desk.thread.mention_routes import router as mentioned
from bot.desk.thread.sent_file_routes import router as sent_files
from bot.desk.thread.thread_routes import router as thread

router = APIRouter()
router.include_router(pages)
router.include_router(files)
router.include_router(sessions)
router.include_router(single_sign_on)
router.include_router(me)
router.include_router(team)
router.include_router(audit_log)
router.include_router(insights)
router.include_router(outreach)
router.include_router(outreach_pauses)
router.include_router(learning)
router.include_router(events)
router.include_router(conversations)
router.include_router(presence)
router.include_router(offers)
router.include_router(follow_ups)
router.include_router(queue)
router.include_router(search)
router.include_router(overview)
router.include_router(money)
router.include_router(pay_links)
router.include_router(plans)
router.include_router(holds)
router.include_router(case_pages)
router.include_router(profiles)
router.include_router(rights)
router.include_router(calls_routes.routes)
router.include_router(calls_routes.api)
router.include_router(attachments)
router.include_router(sent_files)
router.include_router(thread)
router.include_router(mentioned)
router.include_router(canned_answers)
