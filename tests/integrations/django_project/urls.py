"""Which view answers where."""

from django.contrib import admin
from django.urls import include, path
from rest_framework.routers import SimpleRouter
from tests.integrations.django_project.stays import views

router = SimpleRouter()
router.register("bookings", views.BookingViewSet)

urlpatterns = [
    path("autocommit/<int:pk>", views.autocommit, name="autocommit"),
    path("atomic/<int:pk>", views.atomic),
    path("plain/<int:pk>", views.plain),
    path("savepoints/<int:pk>", views.savepoints),
    path("after-commit/<int:pk>", views.after_commit),
    path("raw/<int:pk>", views.raw),
    path("read/<int:pk>", views.read),
    path("stream/<int:pk>", views.stream),
    path("later/<int:pk>", views.later),
    path("stream-later/<int:pk>", views.stream_later),
    path("state/<int:pk>", views.ChangeState.as_view()),
    path("done", views.done, name="done"),
    path("admin/", admin.site.urls),
    path("rest/", include(router.urls)),
]
