"""What a sender may be besides a sender: an admin, or of a role that the operator made."""

from collections.abc import Mapping, Sequence

from glmbot.events import MessageEvent

ADMIN_ROLE = "admin"


class Roles:
    """Who has which role. Where nobody is named an admin, whoever writes in an admins' chat is one there."""

    def __init__(self, members: Mapping[str, Sequence[str]], admin_chats: Sequence[str]) -> None:
        self._members = {role: frozenset(senders) for role, senders in members.items()}
        self._admin_chats = frozenset(admin_chats)

    def of(self, event: MessageEvent) -> frozenset[str]:
        """Return the roles of the event's sender."""
        sender = f"{event.chat.adapter}:{event.sender.sender_id}"
        roles = {role for role, senders in self._members.items() if sender in senders}
        if not self._members.get(ADMIN_ROLE) and f"{event.chat.adapter}:{event.chat.chat_id}" in self._admin_chats:
            roles.add(ADMIN_ROLE)
        return frozenset(roles)

    def is_admin(self, event: MessageEvent) -> bool:
        """Tell whether the sender may decide about others."""
        return ADMIN_ROLE in self.of(event)
