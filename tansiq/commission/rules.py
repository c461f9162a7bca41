"""Seats are seen by everyone at the desk; holders are persons and are kept by the secretariat."""

from tansiq.people.roles import has_role, is_anyone_at_the_desk, permit, reads

permit("commission", "seat", view=is_anyone_at_the_desk, change=has_role("secretariat"))
permit("commission", "holding", view=reads, change=has_role("secretariat"))
