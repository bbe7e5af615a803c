"""The sign-in page, with the guard before the password."""

from typing import Any

from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse

from preciso import client_address, views
from training.services.sign_in import guard


class SignIn(auth_views.LoginView):
    """A try is counted first; 429 without a look at the password where none is left,
    and where this one was the last."""

    authentication_form = views.SignInForm
    came_in = False

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = request.POST.get("username", "")
        at = guard.attempt_by(name, client_address.address(request))
        wait = guard.count_attempt(at)
        if not wait:
            answer = super().post(request, *args, **kwargs)
            if self.came_in:
                guard.clear_after_success(at)
                return answer
            wait = guard.seconds_to_wait(at)
            if not wait:
                return answer
        guard.locked_out.send(sender=SignIn, request=request, username=name)
        return views.locked_out(request, wait)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        self.came_in = True
        return super().form_valid(form)
